//! `GET /v1/channels`: what each vendor honours, and how each configured channel does.

use axum::Json;
use axum::extract::State;
use model::{Adapter, Capabilities, PushType, Support};
use serde::Serialize;
use utoipa::ToSchema;

use super::channel_row::ChannelRow;
use crate::access::Access;
use crate::service::Service;

#[derive(Serialize, ToSchema)]
#[schema(as = Channels)]
pub(crate) struct Listing {
    /// Every vendor that is known, configured or not.
    vendors: Vec<VendorRow>,
    /// Every configured channel that the key may see.
    channels: Vec<ChannelRow>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Vendor)]
struct VendorRow {
    /// The word for it in targets.
    vendor: &'static str,
    /// Its name.
    title: &'static str,
    /// What it honours.
    capabilities: CapabilityRow,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Capabilities)]
struct CapabilityRow {
    /// Custom ringtones: `with_extension`, `without_extension` or `system_only`.
    sound: &'static str,
    /// How its sandbox is reached: another `host`, a `flag`, or `none`.
    test_mode: &'static str,
    /// Background pushes.
    data_only: bool,
    /// Pushes that replace each other on the device.
    replace: bool,
    /// Taking a message back.
    revoke: bool,
    /// A later word of what became of a message.
    receipts: bool,
    subtitle: SupportRow,
    image: SupportRow,
    click: SupportRow,
    badge: SupportRow,
    group: SupportRow,
    category: SupportRow,
    android_channel: SupportRow,
    icon: SupportRow,
    color: SupportRow,
    importance: SupportRow,
    /// Its APIs, where it has several.
    dialects: Vec<&'static str>,
    /// The kinds of push it tells apart.
    push_types: Vec<&'static str>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Support)]
struct SupportRow {
    /// `yes`, `partly` or `no`.
    support: &'static str,
    /// How far.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'static str>,
}

pub(super) async fn list(State(service): State<Service>, access: Access) -> Json<Listing> {
    let vendors = adapters::ALL.iter().map(|adapter| VendorRow::of(*adapter)).collect();
    let channels = ChannelRow::all(&service, &access);
    Json(Listing { vendors, channels })
}

// === impl VendorRow ===

impl VendorRow {
    fn of(adapter: &dyn Adapter) -> Self {
        let Capabilities {
            title,
            sound,
            test_mode,
            data_only,
            replace,
            revoke,
            receipts,
            subtitle,
            image,
            click,
            badge,
            group,
            category,
            android_channel,
            icon,
            color,
            importance,
            dialects,
            push_types,
        } = *adapter.capabilities();
        let capabilities = CapabilityRow {
            sound: sound.as_str(),
            test_mode: test_mode.as_str(),
            data_only,
            replace,
            revoke,
            receipts,
            subtitle: subtitle.into(),
            image: image.into(),
            click: click.into(),
            badge: badge.into(),
            group: group.into(),
            category: category.into(),
            android_channel: android_channel.into(),
            icon: icon.into(),
            color: color.into(),
            importance: importance.into(),
            dialects: dialects.to_vec(),
            push_types: push_types.iter().copied().map(PushType::as_str).collect(),
        };
        Self { vendor: adapter.vendor().as_str(), title, capabilities }
    }
}

// === impl SupportRow ===

impl From<Support> for SupportRow {
    fn from(support: Support) -> Self {
        let (support, note) = support.parts();
        Self { support, note }
    }
}
