//! Knowledge pages: as their editors see them, and as published.

use domain::{
    Aggregate as _, Event, Timestamp,
    id::{InterventionId, MemberId, PageId, SectionId, ThemeId},
    knowledge_page::{PageEvent, Source},
};
use serde::{Deserialize, Serialize};

use crate::{
    ReadModels,
    error::ReadModelError,
    model::{Model, Origin, Rows, Seen, Shown},
    tables,
};

/// Knowledge pages; the key of a row is the page's id.
pub struct KnowledgePages;

/// A knowledge page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KnowledgePageRow {
    /// Which.
    pub id: PageId,
    /// The version of its stream.
    pub version: i32,
    /// Where in the log it was drafted.
    pub drafted_position: i64,
    /// What it is about, in one line.
    pub title: Shown,
    /// The intervention.
    pub intervention: InterventionId,
    /// The theme.
    pub theme: ThemeId,
    /// Who began it.
    pub editor: Option<MemberId>,
    /// As editors see it.
    pub draft: Vec<SectionRow>,
    /// As readers see it.
    pub published: Vec<SectionRow>,
    /// The version readers see; 0 while there is none.
    pub published_version: u32,
    /// When that was published.
    pub published_at: Option<Timestamp>,
}

/// A section.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SectionRow {
    /// Which.
    pub id: SectionId,
    /// Its heading.
    pub heading: Shown,
    /// The framing text.
    pub text: Shown,
    /// What it cites, in order.
    pub sources: Vec<Source>,
}

/// What the list is narrowed down to.
#[derive(Clone, Debug, Default)]
pub struct KnowledgePageFilter {
    /// About this theme.
    pub theme: Option<ThemeId>,
    /// About this intervention.
    pub intervention: Option<InterventionId>,
    /// Also what was never published.
    pub drafts: bool,
}

impl Model for KnowledgePages {
    const NAME: &'static str = "knowledge_page";
    const KINDS: &'static [&'static str] = &[domain::knowledge_page::KnowledgePage::KIND];
    const VERSION: u32 = 1;
    const DEFINITION: &'static str = include_str!("knowledge_page.rs");
    const ORIGIN: Origin = Origin::Stream;
    const INDEXES: &'static [&'static str] = &["CREATE INDEX ON {table} (((doc ->> 'drafted_position')::bigint))"];
    const BRINGS: &'static [(&'static str, &'static str)] = &[
        ("doc ->> 'editor'", "member"),
        ("doc ->> 'intervention'", "catalogue"),
        ("doc ->> 'theme'", "catalogue"),
        ("jsonb_path_query(doc, '$.*[*].sources[*].question') #>> '{}'", "question"),
        ("jsonb_path_query(doc, '$.*[*].sources[*].experience') #>> '{}'", "experience"),
    ];
    type Row = KnowledgePageRow;

    fn touches(event: &Seen) -> Vec<String> {
        match &event.event {
            Event::Page(_) => vec![event.stream.id.to_string()],
            _ => Vec::new(),
        }
    }

    fn fold(rows: &mut Rows<KnowledgePageRow>, event: &Seen) {
        let Event::Page(happened) = &event.event else { return };
        let key = event.stream.id.to_string();
        match happened {
            PageEvent::PageDrafted { title, intervention, theme } => rows.put(
                key.clone(),
                KnowledgePageRow {
                    id: event.stream.id.into(),
                    version: event.version,
                    drafted_position: event.position,
                    title: title.into(),
                    intervention: *intervention,
                    theme: *theme,
                    editor: event.actor.member(),
                    draft: Vec::new(),
                    published: Vec::new(),
                    published_version: 0,
                    published_at: None,
                },
            ),
            PageEvent::SectionWritten { section, heading, text } => {
                rows.change(&key, |row| match row.draft.iter_mut().find(|row| row.id == *section) {
                    Some(row) => {
                        row.heading = heading.into();
                        row.text = text.into();
                    }
                    None => row.draft.push(SectionRow {
                        id: *section,
                        heading: heading.into(),
                        text: text.into(),
                        sources: Vec::new(),
                    }),
                });
            }
            PageEvent::SourceCited { section, source } => {
                change(rows, &key, *section, |section| section.sources.push(*source));
            }
            PageEvent::SourceDropped { section, source } => {
                change(rows, &key, *section, |section| section.sources.retain(|other| other != source));
            }
            PageEvent::PagePublished { version } => rows.change(&key, |row| {
                row.published.clone_from(&row.draft);
                row.published_version = *version;
                row.published_at = Some(event.at);
            }),
        }
        rows.change(&key, |row| row.version = event.version);
    }
}

fn change(rows: &mut Rows<KnowledgePageRow>, key: &str, section: SectionId, change: impl FnOnce(&mut SectionRow)) {
    rows.change(key, |row| {
        if let Some(section) = row.draft.iter_mut().find(|row| row.id == section) {
            change(section);
        }
    });
}

impl ReadModels {
    /// Knowledge pages, newest first, drafted before a position.
    pub async fn knowledge_pages(
        &self,
        filter: &KnowledgePageFilter,
        before: i64,
        limit: i64,
    ) -> Result<Vec<KnowledgePageRow>, ReadModelError> {
        let docs = sqlx::query_scalar!(
            r#"SELECT doc::text AS "doc!" FROM knowledge_page
               WHERE (doc ->> 'drafted_position')::bigint < $1
                 AND ($2::text IS NULL OR doc ->> 'theme' = $2)
                 AND ($3::text IS NULL OR doc ->> 'intervention' = $3)
                 AND ($4 OR (doc ->> 'published_version')::int > 0)
               ORDER BY (doc ->> 'drafted_position')::bigint DESC LIMIT $5"#,
            before,
            filter.theme.map(|id| id.to_string()),
            filter.intervention.map(|id| id.to_string()),
            filter.drafts,
            limit
        )
        .fetch_all(&self.pool)
        .await?;
        docs.iter().map(|doc| tables::read::<KnowledgePages>(doc)).collect()
    }
}
