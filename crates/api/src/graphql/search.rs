//! Finding what others already asked, answered or shared.

use async_graphql::{Context, Object, SimpleObject, Union};
use readmodel::models::{
    experience::Experiences,
    question::Questions,
    similar::{ContributionKind, Found},
};

use super::{context::Viewing as _, error::Failed, experience::Experience, limits, question::Question};

/// Characters of a text that are looked at.
const LONGEST: usize = 2_000;

/// A question or an experience.
#[derive(Clone, Debug, Union)]
pub(crate) enum Contribution {
    Question(Box<Question>),
    Experience(Box<Experience>),
}

/// Something that resembles a text.
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct Similar {
    contribution: Contribution,
    title: String,
    /// The passage that resembles it most: of the question, an answer, or the experience.
    excerpt: String,
}

/// Questions about what is similar.
#[derive(Debug, Default)]
pub(crate) struct SearchQueries;

#[Object]
impl SearchQueries {
    /// Questions (with their answers) and experiences that resemble a text, best first; for use while typing.
    #[graphql(complexity = "first.min(limits::PAGE) * child_complexity")]
    async fn similar(
        &self,
        ctx: &Context<'_>,
        text: String,
        #[graphql(default = 5)] first: usize,
    ) -> Result<Vec<Similar>, Failed> {
        ctx.pace()?.search(ctx.viewer()?, ctx.caller()?.address)?;
        if !(1..=limits::PAGE).contains(&first) {
            return Err(Failed::BadInput(format!("`first` is a number from 1 to {}", limits::PAGE)));
        }
        let text: String = text.chars().take(LONGEST).collect();
        let found = ctx.platform()?.models.similar(&text, first).await?;
        let of = |kind| found.iter().filter(move |found| found.kind == kind).map(|found| found.id);
        let questions = ctx.some::<Questions>(of(ContributionKind::Question)).await?;
        let experiences = ctx.some::<Experiences>(of(ContributionKind::Experience)).await?;
        let contribution = |found: &Found| match found.kind {
            ContributionKind::Question => {
                let row = questions.iter().find(|row| row.id.0 == found.id)?;
                Some(Contribution::Question(Box::new(Question(row.clone()))))
            }
            ContributionKind::Experience => {
                let row = experiences.iter().find(|row| row.id.0 == found.id)?;
                Some(Contribution::Experience(Box::new(Experience(row.clone()))))
            }
        };
        Ok(found
            .iter()
            .filter_map(|found| {
                let contribution = contribution(found)?;
                Some(Similar { contribution, title: found.title.clone(), excerpt: found.excerpt.clone() })
            })
            .collect())
    }
}
