//! What deciding about a basis needs to remember.

use chrono::NaiveDate;
use uuid::Uuid;

use super::{BasisEvent, Terms};
use crate::{Actor, Aggregate, Timestamp, id::RoundId, period};

/// A grant or promising project, as far as rules and policies need it.
#[derive(Clone, Debug, Default)]
pub struct Basis {
    /// How it was first entered; nothing while it was not.
    pub(super) entered: Option<BasisEvent>,
    pub(super) terms: Option<Terms>,
    round: Option<RoundId>,
    /// The last day on which it holds, when it ended before its time.
    pub(super) last_day: Option<NaiveDate>,
}

impl Basis {
    /// When it begins to hold.
    pub fn begins(&self) -> Option<Timestamp> {
        self.terms.as_ref().map(|terms| terms.period.begins())
    }

    /// When it ends, exclusive: at the end of its period, or before.
    pub fn ends(&self) -> Option<Timestamp> {
        let planned = self.terms.as_ref()?.period.ends();
        Some(self.last_day.map_or(planned, |day| period::end_of(day).min(planned)))
    }

    /// Whether it holds at a moment.
    pub fn holds(&self, at: Timestamp) -> bool {
        self.begins().is_some_and(|begins| begins <= at) && self.ends().is_some_and(|ends| at < ends)
    }
}

impl Aggregate for Basis {
    type Event = BasisEvent;
    const KIND: &'static str = "basis";

    fn apply(&mut self, event: &BasisEvent, _by: Actor, _at: Timestamp) {
        match event {
            BasisEvent::GrantAwarded { round, terms, .. } => {
                self.entered = Some(event.clone());
                self.round = *round;
                self.terms = Some(terms.clone());
            }
            BasisEvent::PromisingProjectListed { terms, .. } => {
                self.entered = Some(event.clone());
                self.terms = Some(terms.clone());
            }
            BasisEvent::BasisRevised { terms } => {
                self.terms = Some(terms.clone());
                self.last_day = None;
            }
            BasisEvent::GrantEnded { last_day, .. } | BasisEvent::PromisingProjectEnded { last_day, .. } => {
                self.last_day = Some(*last_day);
            }
        }
    }

    fn subjects(&self) -> Vec<Uuid> {
        let terms = self.terms.iter().flat_map(Terms::mentions);
        terms.chain(self.round.iter().map(|round| round.0)).collect()
    }
}

#[cfg(test)]
pub(super) mod examples {
    //! A grant to begin a test with.

    use super::*;
    use crate::{Period, Sealed, basis::GrantNumber, sealed::KeyScope, testing::id, text::Prose};

    pub(in crate::basis) fn day(month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, month, day).expect("a day")
    }

    /// For organisation 20, intervention 40, until the end of a month of 2026.
    pub(in crate::basis) fn terms(month: u32) -> Terms {
        let period = Period::new(day(1, 1), day(month, 28)).expect("a period");
        Terms { organisations: vec![id(20)], interventions: vec![id(40)], period }
    }

    pub(in crate::basis) fn number() -> GrantNumber {
        GrantNumber::parse("PAL-2026-07").expect("a number")
    }

    pub(in crate::basis) fn awarded() -> BasisEvent {
        BasisEvent::GrantAwarded { number: number(), round: Some(id(60)), terms: terms(6) }
    }

    pub(in crate::basis) fn listed() -> BasisEvent {
        BasisEvent::PromisingProjectListed { name: "Samen waken".into(), terms: terms(6) }
    }

    pub(in crate::basis) fn reason() -> Sealed<Prose> {
        let scope = KeyScope::of("basis", Uuid::from_u128(70));
        Sealed::new(scope, Prose::parse("Het project is eerder klaar.").expect("prose"))
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::{
        examples::{awarded, day, reason, terms},
        *,
    };
    use crate::testing::{noon, sanne};

    fn basis(events: &[BasisEvent]) -> Basis {
        let mut basis = Basis::default();
        for event in events {
            basis.apply(event, sanne(), noon());
        }
        basis
    }

    #[test]
    fn a_basis_holds_in_its_period() {
        let end = period::end_of(day(6, 28));
        let basis = basis(&[awarded()]);
        assert_eq!((basis.begins(), basis.ends()), (Some(period::start_of(day(1, 1))), Some(end)));
        assert!(basis.holds(end - TimeDelta::microseconds(1)) && !basis.holds(end));
        assert!(!Basis::default().holds(end));
    }

    #[test]
    fn a_basis_can_end_before_its_time_and_hold_anew() {
        let ended = BasisEvent::GrantEnded { last_day: day(3, 31), reason: reason() };
        assert_eq!(basis(&[awarded(), ended.clone()]).ends(), Some(period::end_of(day(3, 31))));
        let revised = BasisEvent::BasisRevised { terms: terms(9) };
        assert_eq!(basis(&[awarded(), ended, revised]).ends(), Some(period::end_of(day(9, 28))));
    }
}
