//! Tests of the room that need more than one file of it. Ids such as F22 or A06 are the corpus'
//! names for a token that must be refused.

mod accepted;
mod assertions;
mod firebase;
mod forge;
mod key_sets;
mod own_tokens;
mod refused_algorithms;
mod refused_claims;
mod refused_structures;
