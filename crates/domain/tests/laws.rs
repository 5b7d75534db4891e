//! Laws that hold whatever people try, in whatever order: whoever reads the log may rely on them.

use chrono::{DateTime, NaiveDate};
use domain::{
    Actor, Aggregate, Command, Sealed, Timestamp,
    id::{CycleId, PageId, ProjectId, SectionId},
    knowledge_page::{CiteSource, DraftPage, DropSource, KnowledgePage, PageEvent, PublishPage, Source, WriteSection},
    pdsa::{
        AbandonCycle, Cycle, CycleEvent, DecideCycle, Decision, LogResult, MakePrediction, PlanCycle, PredictionMet,
        RecordObservation, StartCycle,
    },
    phase::Phase,
    project::{AdvancePhase, Project, ProjectEvent, RegisterProject, ReturnPhase},
    sealed::KeyScope,
    text::{Line, Prose},
};
use proptest::{collection::vec, option, prelude::*, sample::select};
use uuid::Uuid;

fn id<T: From<Uuid>>(n: u128) -> T {
    Uuid::from_u128(n).into()
}

fn noon() -> Timestamp {
    DateTime::from_timestamp(1_760_000_000, 0).expect("a moment")
}

fn line() -> Sealed<Line> {
    Sealed::new(KeyScope::of("test", Uuid::nil()), Line::parse("een regel").expect("line"))
}

fn prose(n: u8) -> Sealed<Prose> {
    Sealed::new(KeyScope::of("test", Uuid::nil()), Prose::parse(&format!("tekst {n}")).expect("prose"))
}

/// A thing and all that happened to it.
struct Lived<A: Aggregate> {
    state: A,
    history: Vec<A::Event>,
}

impl<A: Aggregate> Lived<A> {
    fn new() -> Self {
        Self { state: A::default(), history: Vec::new() }
    }

    /// Tries a command; a refusal changes nothing.
    fn attempt<C: Command<State = A>>(&mut self, command: C) {
        let by = Actor::Member(id(1));
        for event in command.decide(&self.state, by, noon()).unwrap_or_default() {
            self.state.apply(&event, by, noon());
            self.history.push(event);
        }
    }
}

const CYCLE: CycleId = CycleId(Uuid::from_u128(3));

#[derive(Clone, Debug)]
enum CycleStep {
    Plan { predicted: bool },
    Predict,
    Start,
    Observe(u8),
    Log,
    Decide(Decision),
    Abandon,
}

fn cycle_step() -> impl Strategy<Value = CycleStep> {
    prop_oneof![
        any::<bool>().prop_map(|predicted| CycleStep::Plan { predicted }),
        Just(CycleStep::Predict),
        Just(CycleStep::Start),
        (0..4_u8).prop_map(CycleStep::Observe),
        Just(CycleStep::Log),
        select(vec![Decision::Adopt, Decision::Adapt, Decision::Abandon]).prop_map(CycleStep::Decide),
        Just(CycleStep::Abandon),
    ]
}

fn take(cycle: &mut Lived<Cycle>, step: &CycleStep) {
    match *step {
        CycleStep::Plan { predicted } => cycle.attempt(PlanCycle {
            cycle: CYCLE,
            project: id(2),
            follows: None,
            number: 1,
            aim: line(),
            change: prose(0),
            prediction: predicted.then(|| prose(1)),
            plan: None,
            owner: id(1),
            starts: NaiveDate::default(),
            ends: NaiveDate::default(),
        }),
        CycleStep::Predict => cycle.attempt(MakePrediction { cycle: CYCLE, prediction: prose(2) }),
        CycleStep::Start => cycle.attempt(StartCycle { cycle: CYCLE }),
        CycleStep::Observe(n) => cycle.attempt(RecordObservation {
            cycle: CYCLE,
            observation: id(n.into()),
            text: prose(n),
            as_planned: true,
        }),
        CycleStep::Log => cycle.attempt(LogResult {
            cycle: CYCLE,
            result: prose(3),
            prediction_met: PredictionMet::Met,
            learned: prose(4),
        }),
        CycleStep::Decide(decision) => cycle.attempt(DecideCycle { cycle: CYCLE, decision, reason: None }),
        CycleStep::Abandon => cycle.attempt(AbandonCycle { cycle: CYCLE, reason: prose(5) }),
    }
}

fn place(history: &[CycleEvent], is: fn(&CycleEvent) -> bool) -> Vec<usize> {
    history.iter().enumerate().filter(|(_, event)| is(event)).map(|(place, _)| place).collect()
}

/// The place of what happens at most once.
fn once(history: &[CycleEvent], is: fn(&CycleEvent) -> bool) -> Option<usize> {
    let places = place(history, is);
    assert!(places.len() <= 1, "happened {} times: {history:?}", places.len());
    places.first().copied()
}

proptest! {
    /// Every cycle begins with its plan, and most then go the usual way, so that late stages are reached too.
    #[test]
    fn a_prediction_comes_before_do_and_do_before_the_result(
        predicted in any::<bool>(),
        usual in select(vec![0, 1, 2, 3, 4_usize]),
        steps in vec(cycle_step(), 0..12),
    ) {
        let mut cycle = Lived::new();
        take(&mut cycle, &CycleStep::Plan { predicted });
        let way = [CycleStep::Predict, CycleStep::Start, CycleStep::Log, CycleStep::Decide(Decision::Adapt)];
        for step in way.iter().take(usual).chain(&steps) {
            take(&mut cycle, step);
        }
        let history = cycle.history;

        let planned = once(&history, |event| matches!(event, CycleEvent::CyclePlanned { .. }));
        let started = once(&history, |event| matches!(event, CycleEvent::CycleStarted {}));
        let logged = once(&history, |event| matches!(event, CycleEvent::PdsaResultLogged { .. }));
        let decided = once(&history, |event| matches!(event, CycleEvent::CycleDecided { .. }));
        let abandoned = once(&history, |event| matches!(event, CycleEvent::CycleAbandoned { .. }));
        let predictions = place(&history, |event| matches!(event, CycleEvent::PredictionMade { .. }));
        let observations = place(&history, |event| matches!(event, CycleEvent::ObservationRecorded { .. }));

        prop_assert_eq!(planned, Some(0));
        if let Some(started) = started {
            prop_assert!(predictions.iter().all(|&prediction| prediction < started));
            prop_assert!(!predictions.is_empty());
        }
        let during_do = |place: usize| {
            started.is_some_and(|started| started < place) && logged.is_none_or(|logged| place < logged)
        };
        prop_assert!(observations.into_iter().all(during_do));
        if let Some(logged) = logged {
            prop_assert!(started.is_some_and(|started| started < logged));
        }
        if let Some(decided) = decided {
            prop_assert!(logged.is_some_and(|logged| logged < decided));
        }
        if let Some(end) = decided.or(abandoned) {
            prop_assert!(!(decided.is_some() && abandoned.is_some()));
            prop_assert_eq!(end, history.len() - 1);
        }
    }
}

const PROJECT: ProjectId = ProjectId(Uuid::from_u128(2));

proptest! {
    #[test]
    fn a_project_moves_one_phase_at_a_time(steps in vec((any::<bool>(), select(Phase::ALL.to_vec())), 0..40)) {
        let mut project = Lived::<Project>::new();
        project.attempt(RegisterProject {
            project: PROJECT,
            name: line(),
            aim: prose(0),
            interventions: vec![id(10)],
            organisations: vec![id(20)],
            region: id(30),
            lead: id(1),
            start: NaiveDate::default(),
        });
        for (forward, to) in steps {
            if forward {
                project.attempt(AdvancePhase { project: PROJECT, to, note: None });
            } else {
                project.attempt(ReturnPhase { project: PROJECT, to, reason: prose(1) });
            }
        }

        let mut now = Phase::Orientation;
        for event in project.history.iter().skip(1) {
            match event {
                ProjectEvent::PhaseAdvanced { from, to, .. } => {
                    prop_assert_eq!((Some(*to), *from), (now.next(), now));
                    now = *to;
                }
                ProjectEvent::PhaseReturned { from, to, .. } => {
                    prop_assert_eq!((Some(*to), *from), (now.previous(), now));
                    now = *to;
                }
                other => prop_assert!(false, "nobody asked for {:?}", other),
            }
        }
    }
}

const PAGE: PageId = PageId(Uuid::from_u128(7));

proptest! {
    /// `Some` writes, cites or drops (by remainder) something of one of three sections; `None` publishes.
    #[test]
    fn the_versions_of_a_page_are_dense_and_each_has_a_change(steps in vec(option::weighted(0.7, 0..27_u8), 0..40)) {
        let mut page = Lived::<KnowledgePage>::new();
        page.attempt(DraftPage { page: PAGE, title: line(), intervention: id(40), theme: id(10) });
        for step in steps {
            let Some(n) = step else {
                page.attempt(PublishPage { page: PAGE });
                continue;
            };
            let section: SectionId = id(u128::from(n % 3));
            let source = Source::Experience { experience: id(u128::from(n / 9)) };
            match n / 3 % 3 {
                0 => page.attempt(WriteSection { page: PAGE, section, heading: line(), text: prose(n / 9) }),
                1 => page.attempt(CiteSource { page: PAGE, section, source }),
                _ => page.attempt(DropSource { page: PAGE, section, source }),
            }
        }

        let (mut last, mut changed) = (0, false);
        for event in page.history {
            match event {
                PageEvent::PagePublished { version } => {
                    prop_assert!(changed, "version {} says the same as the one before", version);
                    prop_assert_eq!(version, last + 1);
                    (last, changed) = (version, false);
                }
                PageEvent::PageDrafted { .. }
                | PageEvent::SectionWritten { .. }
                | PageEvent::SourceCited { .. }
                | PageEvent::SourceDropped { .. } => changed = true,
            }
        }
    }
}
