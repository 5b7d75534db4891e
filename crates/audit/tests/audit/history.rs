//! What the history of one thing tells.

use app::By;
use domain::{
    Aggregate as _, Sealed,
    member::{Member, Profession, ReviseProfile},
    question::RevealAsker,
    sealed::KeyScope,
};

use crate::world::{World, line};

#[tokio::test]
async fn a_history_tells_everything_that_concerns_one_thing_up_to_a_position() {
    let world = World::new().await;
    let question = world.ask(world.sanne, false).await;
    world.ask(world.joost, false).await;
    world.answer(world.joost, question).await;
    let told = async |until| {
        let history = audit::history(&world.log, question.0, until).await.expect("a history");
        let members = history.iter().flat_map(|happened| happened.sentence.members());
        let names = audit::names(&world.log, members, until).await.expect("names");
        let fill = |happened: &audit::Happened| {
            let sentence = happened.sentence.fill(true, |member| names.get(&member).cloned());
            format!("{} {sentence}", happened.recorded.position)
        };
        history.iter().map(fill).collect::<Vec<_>>()
    };
    assert_eq!(told(5).await, [""; 0]);
    assert_eq!(told(7).await, ["6 Sanne de Vries stelde een vraag"]);
    assert_eq!(told(8).await, ["6 Sanne de Vries stelde een vraag", "8 Joost Bakker gaf een antwoord"]);
    assert_eq!(told(999).await, told(8).await);
}

#[tokio::test]
async fn the_history_of_a_member_says_nothing_of_an_anonymous_question_until_it_is_revealed() {
    let world = World::new().await;
    let question = world.ask(world.sanne, true).await;
    let asked = world.head().await;
    let revealed = world.run(By::Member(world.sanne), RevealAsker { question, member: world.sanne }).await;
    let streams = async |until| {
        let history = audit::history(&world.log, world.sanne.0, until).await.expect("a history");
        history.into_iter().map(|happened| happened.recorded.stream.id).collect::<Vec<_>>()
    };
    assert_eq!(streams(asked).await, [world.sanne.0]);
    assert_eq!(streams(revealed).await, [world.sanne.0, question.0]);
}

#[tokio::test]
async fn people_have_the_names_they_had_until_they_are_erased() {
    let world = World::new().await;
    let (sanne, before) = (world.sanne, world.head().await);
    let scope = KeyScope::of(Member::KIND, sanne);
    let revised = ReviseProfile {
        member: sanne,
        name: Sealed::new(scope.clone(), line("Sanne Smit")),
        profession: Profession::Nurse,
        expertise: Vec::new(),
        open_to_contact: true,
    };
    let after = world.run(By::Platform, revised).await;
    let name = async |until| audit::names(&world.log, [sanne], until).await.expect("names").remove(&sanne);
    assert_eq!(name(before).await.as_deref(), Some("Sanne de Vries"));
    assert_eq!(name(after).await.as_deref(), Some("Sanne Smit"));
    assert_eq!(name(1).await, None);
    world.log.keys().destroy(scope.as_str(), world.app.source().now()).await.expect("destroyed");
    assert_eq!(name(after).await, None);
}
