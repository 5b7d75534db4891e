//! News for those who follow the project.

use uuid::Uuid;

use super::{Project, ProjectEvent};
use crate::{
    Actor, Command, Sealed, Timestamp,
    command::Never,
    id::{ProjectId, UpdateId},
    text::Prose,
};

/// Tell those who follow the project what is new.
#[derive(Clone, Debug)]
pub struct PostUpdate {
    /// The project.
    pub project: ProjectId,
    /// The new update.
    pub update: UpdateId,
    /// What is new.
    pub text: Sealed<Prose>,
}

impl Command for PostUpdate {
    type State = Project;
    type Refused = Never;
    const NAME: &'static str = "post_update";

    fn target(&self) -> Uuid {
        self.project.0
    }

    fn decide(self, project: &Project, _by: Actor, _at: Timestamp) -> Result<Vec<ProjectEvent>, Never> {
        if project.updates.contains(&self.update) {
            return Ok(vec![]);
        }
        Ok(vec![ProjectEvent::UpdatePosted { update: self.update, text: self.text }])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        project::state::examples::{prose, registered},
        testing::{given, id},
    };

    #[test]
    fn an_update_is_posted_once() {
        let post = || PostUpdate { project: id(2), update: id(60), text: prose("de eerste scholing was vol") };
        let posted = ProjectEvent::UpdatePosted { update: id(60), text: prose("de eerste scholing was vol") };
        given([registered()]).when(post()).then([posted.clone()]);
        given([registered(), posted]).when(post()).then_nothing();
    }
}
