//! The one error of the cold side: a text for a person, made where the failure is understood.
//!
//! The hot path speaks reason codes and never makes one of these.

use std::fmt;

/// Something was refused or failed; the text says what was tried, the value, the bound, the remedy.
#[derive(Debug)]
pub struct Error {
    text: String,
}

/// Result with [`Error`].
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An error with this text.
    pub fn new(text: impl Into<String>) -> Error {
        Error { text: text.into() }
    }

    /// An error of the operating system while trying to do `what`.
    pub fn os(what: impl fmt::Display) -> Error {
        Error::new(format!("{what}: {}", std::io::Error::last_os_error()))
    }

    /// Puts where it happened in front.
    pub fn context(self, place: impl fmt::Display) -> Error {
        Error::new(format!("{place}: {}", self.text))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Error {}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Error {
        Error::new(error.to_string())
    }
}
