//! The vocabulary that all packages share: statuses, flags, buffers, identities, and the traits
//! that a security package implements. Nothing here knows a protocol or a pointer.

mod acquire;
mod attributes;
mod buffers;
mod channel_bindings;
mod flags;
mod identity;
mod logins;
mod package;
mod package_list;
mod pending_token;

pub use acquire::acquire;
pub use attributes::{Attribute, AttributeId, KeyInfo, MAXIMUM_TIME, Sizes, StreamSizes};
pub(crate) use buffers::is_repeatable;
pub use buffers::{
    Data, InputBuffer, Inputs, MAX_BUFFERS, Message, MessageBuffer, Placement, TokenSink,
    buffer_type,
};
pub use channel_bindings::ChannelBindings;
pub use flags::{Flags, SharedFlags};
pub use identity::Identity;
pub use logins::Logins;
pub use package::{
    Call, Context, Credential, CredentialRequest, Outcome, Package, PackageInfo, Role,
    SaslSemantics, Step, Usage, capability,
};
pub use package_list::PackageList;
pub(crate) use pending_token::PendingToken;
