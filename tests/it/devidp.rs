//! devidp
