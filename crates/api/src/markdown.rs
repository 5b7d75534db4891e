//! Markdown as HTML that is safe to show.

use std::collections::HashSet;

use pulldown_cmark::{Options, Parser, html};

/// CommonMark with tables, cleaned: no scripts, styles, images or frames; links open no door to this page.
pub(crate) fn to_html(markdown: &str) -> String {
    let mut dirty = String::with_capacity(markdown.len() * 2);
    html::push_html(&mut dirty, Parser::new_ext(markdown, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH));
    let tags = HashSet::from([
        "p",
        "br",
        "strong",
        "em",
        "del",
        "ul",
        "ol",
        "li",
        "blockquote",
        "code",
        "pre",
        "hr",
        "h3",
        "h4",
        "h5",
        "h6",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "a",
    ]);
    ammonia::Builder::new()
        .tags(tags)
        .url_schemes(HashSet::from(["http", "https", "mailto"]))
        .link_rel(Some("noopener noreferrer nofollow ugc"))
        .clean(&dirty)
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_becomes_html() {
        assert_eq!(to_html("**nu** of *later*"), "<p><strong>nu</strong> of <em>later</em></p>\n");
        assert!(to_html("|a|b|\n|-|-|\n|1|2|").contains("<td>1</td>"));
    }

    #[test]
    fn nothing_active_comes_through() {
        let html = to_html(
            "<script>alert(1)</script>\n\n<img src=x onerror=alert(1)>\n\n[klik](javascript:alert(1))\n\n<p style='x'>\n",
        );
        for active in ["script", "onerror", "alert", "img", "style"] {
            assert!(!html.contains(active), "{active} in {html}");
        }
    }

    #[test]
    fn a_link_tells_the_other_side_nothing() {
        assert!(to_html("<https://example.org>").contains("rel=\"noopener noreferrer nofollow ugc\""));
    }
}
