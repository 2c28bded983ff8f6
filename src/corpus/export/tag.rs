//! An element's start -> which of the elements that matter it is, and what its attributes say.

use quick_xml::events::BytesStart;

use super::TextDigest;

/// The elements that matter, and what their attributes say.
pub(in crate::corpus) enum Tag {
    SiteInfo,
    Page,
    Title,
    Namespace,
    Id,
    Revision,
    ParentId,
    Timestamp,
    Contributor {
        deleted: bool,
    },
    Minor,
    Comment {
        deleted: bool,
    },
    Model,
    Text(TextTag),
    Sha1,
    Slot,
    Role,
    UserName,
    Ip,
    SiteName,
    WikiId,
    Namespaces,
    NamespaceName {
        key: i32,
    },
    Other,
    /// The end of the element that is being read.
    End,
}

pub(in crate::corpus) struct TextTag {
    pub(super) deleted: bool,
    /// Without content, this is no empty text but one that is stored elsewhere.
    pub(super) is_stub: bool,
    pub(super) sha1: Option<TextDigest>,
}

impl Tag {
    pub(super) fn of(start: &BytesStart<'_>) -> Self {
        let is_deleted = || attribute(start, "deleted").is_some_and(|value| value == "deleted");
        match start.local_name().as_ref() {
            "siteinfo" => Self::SiteInfo,
            "page" => Self::Page,
            "title" => Self::Title,
            "ns" => Self::Namespace,
            "id" => Self::Id,
            "revision" => Self::Revision,
            "parentid" => Self::ParentId,
            "timestamp" => Self::Timestamp,
            "contributor" => Self::Contributor {
                deleted: is_deleted(),
            },
            "minor" => Self::Minor,
            "comment" => Self::Comment {
                deleted: is_deleted(),
            },
            "model" => Self::Model,
            "text" => {
                let bytes = attribute(start, "bytes").and_then(|bytes| bytes.parse::<i64>().ok());
                let is_stub = match bytes {
                    Some(bytes) => bytes > 0,
                    // Exports before 0.10 have no size, but a stub names the text's row.
                    None => {
                        attribute(start, "id").is_some() || attribute(start, "location").is_some()
                    }
                };
                let sha1 = attribute(start, "sha1").and_then(|sha1| TextDigest::from_base36(&sha1));
                Self::Text(TextTag {
                    deleted: is_deleted(),
                    is_stub,
                    sha1,
                })
            }
            "sha1" => Self::Sha1,
            "content" => Self::Slot,
            "role" => Self::Role,
            "username" => Self::UserName,
            "ip" => Self::Ip,
            "sitename" => Self::SiteName,
            "dbname" => Self::WikiId,
            "namespaces" => Self::Namespaces,
            "namespace" => match attribute(start, "key").and_then(|key| key.parse().ok()) {
                Some(key) => Self::NamespaceName { key },
                None => Self::Other,
            },
            _ => Self::Other,
        }
    }
}

/// An attribute by its name.
pub(in crate::corpus) fn attribute(start: &BytesStart<'_>, name: &str) -> Option<String> {
    let attribute = start.try_get_attribute(name).ok().flatten()?;
    Some(attribute.value.into_owned())
}
