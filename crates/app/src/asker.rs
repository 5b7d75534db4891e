//! Who asked an anonymous question, and how the asker alone finds it again (rule 3, **L**).

use domain::{
    Aggregate, Sealed,
    id::{MemberId, QuestionId},
    member::Member,
    question::{AskerTag, HiddenAsker},
    sealed::KeyScope,
};
use std::fmt::Write as _;

use crate::{App, Failure};

impl App {
    /// What an anonymous question holds of its asker: their id, sealed under a scope of its own, and a tag that
    /// only their own data key can make.
    pub async fn hide_asker(&self, question: QuestionId, asker: MemberId) -> Result<HiddenAsker, Failure> {
        let tag = self.asker_tag(question, asker).await?.ok_or(Failure::Internal("the asker was erased".into()))?;
        Ok(HiddenAsker { member: Sealed::new(KeyScope::of("asker", question), asker), tag })
    }

    /// The tag that an anonymous question would have, had this member asked it. Nothing once they were erased.
    pub async fn asker_tag(&self, question: QuestionId, member: MemberId) -> Result<Option<AskerTag>, Failure> {
        let scope = KeyScope::of(Member::KIND, member);
        let tag = self.log.keys().tag(scope.as_str(), question.0.as_bytes()).await?;
        Ok(tag.map(|bytes| {
            AskerTag(bytes.iter().fold(String::with_capacity(64), |mut hex, byte| {
                let _ = write!(hex, "{byte:02x}");
                hex
            }))
        }))
    }
}
