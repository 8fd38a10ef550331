//! Integration tests, one binary: rooms through their public doors.

mod upstream;
