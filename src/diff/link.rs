//! What a `[[link]]` is: to a page, a file, a category, another language.
//!
//! Read off the target's prefix, without a wiki's configuration; so local names are known for
//! categories only, and files are also told by their ending.

use super::element::Element;

/// What `[[target]]` is.
pub(super) fn link_kind(target: &str) -> Element {
    const MEDIA: [&str; 13] = [
        "gif", "jpeg", "jpg", "mp3", "ogg", "ogv", "pdf", "png", "svg", "tif", "tiff", "wav",
        "webm",
    ];
    let target = target.trim();
    // `[[:Category:X]]` and `[[:File:X]]` are links to these pages, not uses of them.
    let Some((prefix, name)) = target
        .split_once(':')
        .filter(|(prefix, _)| !prefix.is_empty())
    else {
        return Element::Wikilink;
    };
    let prefix = prefix.trim().to_lowercase();
    if CATEGORY.contains(&prefix.as_str()) {
        return Element::Category;
    }
    let extension = name
        .rsplit_once('.')
        .map(|(_, extension)| extension.trim().to_ascii_lowercase());
    let is_media = extension.is_some_and(|extension| MEDIA.contains(&extension.as_str()));
    if matches!(prefix.as_str(), "file" | "image" | "media") || is_media {
        return Element::File;
    }
    if is_language_code(&prefix) {
        Element::LanguageLink
    } else {
        Element::Wikilink
    }
}

/// Names of the category namespace: MediaWiki's own, which works everywhere, and the local ones
/// of some large wikis (from their MediaWiki message files). In a wiki whose name is not here,
/// categories under the local name count as wikilinks.
const CATEGORY: [&str; 29] = [
    "category",
    "catégorie",
    "categoria",
    "categoría",
    "categorie",
    "kategorie",
    "kategori",
    "kategoria",
    "kategorija",
    "kategória",
    "kategoriya",
    "kategorio",
    "kategorya",
    "luokka",
    "flokkur",
    "thể loại",
    "κατηγορία",
    "категория",
    "категорія",
    "категорија",
    "катэгорыя",
    "קטגוריה",
    "تصنيف",
    "رده",
    "श्रेणी",
    "বিষয়শ্রেণী",
    "カテゴリ",
    "分类",
    "分類",
];

/// Codes of Wikipedia's languages: two or three letters, maybe with parts (`zh-min-nan`).
fn is_language_code(prefix: &str) -> bool {
    let mut parts = prefix.split('-');
    let first = parts.next().unwrap_or_default();
    let is_code = matches!(first.len(), 2 | 3) && !matches!(first, "wp" | "wt" | "mos");
    (is_code || prefix == "simple")
        && prefix.len() <= 12
        && prefix
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(target: &str, expected: Element) {
        assert_eq!(link_kind(target), expected, "{target}");
    }

    #[test]
    fn prefixes_tell_kinds() {
        check("Aruba", Element::Wikilink);
        check("Talk:Aruba", Element::Wikilink);
        check(":Category:X", Element::Wikilink);
        check("WP:X", Element::Wikilink);
        check("Category:X", Element::Category);
        check(" category : X", Element::Category);
        check("カテゴリ:X", Element::Category);
        check("File:X", Element::File);
        check("Bild:Y.PNG", Element::File);
        check("de:X", Element::LanguageLink);
        check("zh-min-nan:X", Element::LanguageLink);
        check("simple:X", Element::LanguageLink);
        check("User:X", Element::Wikilink);
        check("Mad Max: Fury", Element::Wikilink);
    }
}
