//! Credentials: files that somebody uploads, and those of the configured channels.
//!
//! [`Upload::check`] says what a file is, [`Upload::convert`] writes it in another form, [`Probes`] ask the vendor. The
//! credentials of configured channels are watched: one that has ended or does not fit keeps its channel closed, and
//! only that.

mod desk;
mod document;
pub(crate) mod live;
mod state;
mod upload;
pub(crate) mod watch;

pub use desk::{CheckFault, Desk};
pub use document::{CheckDocument, LiveRow};
pub use live::{LiveFault, LiveRequest, Origin, Place, Places, Probes};
pub use state::{ChannelCredentials, Notice};
pub use upload::{ConvertRequest, Converted, Output, Upload, UploadFault};
