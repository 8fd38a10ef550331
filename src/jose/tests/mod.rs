//! Tests of the room that need more than one file of it.

mod own_tokens;
