//! Answers of the token endpoint that hold no token to look at.
