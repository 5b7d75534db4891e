//! Every "no" on one page, as clients and people get to see it.

use std::{fmt::Write as _, fs, path::Path};

use domain::{
    Refusal,
    basis::{AwardGrantRefused, EndBasisRefused, Incomplete},
    collaboration::TooFewOrganisations,
    experience::{MarkExperienceHelpfulRefused, ShareExperienceRefused},
    funding_round::OpenFundingRoundRefused,
    knowledge_page::{CiteSourceRefused, DropSourceRefused, PublishPageRefused},
    member::{GiveRoleRefused, GrantAccessRefused, RefuseAccessRefused},
    pdsa::{
        AbandonCycleRefused, DecideCycleRefused, LogResultRefused, MakePredictionRefused, PlanCycleRefused,
        RecordObservationRefused, StartCycleRefused,
    },
    phase::Phase::{Embedding, Implementation, Orientation, Preparation, ScaleUp},
    project::{
        AdvancePhaseRefused, LeaveProjectRefused, RedactProjectTextRefused, RegisterProjectRefused,
        ResolveBottleneckRefused, ReturnPhaseRefused, ReuseSolutionRefused,
    },
    question::{
        AcceptAnswerRefused, AskQuestionRefused, HadSameQuestionRefused, MarkHelpfulRefused, RedactQuestionRefused,
        RevealAskerRefused, UnacceptAnswerRefused, UnmarkHelpfulRefused,
    },
};

/// Lists the refusals of one command, each as it is told.
fn tell<R: Refusal>(page: &mut String, command: &str, refusals: impl IntoIterator<Item = R>) {
    writeln!(page, "{command}").expect("room");
    for refusal in refusals {
        let code = refusal.code();
        assert!(code.bytes().all(|b| b.is_ascii_uppercase() || b == b'_'), "{code} is a code");
        for sentence in [refusal.in_dutch(), refusal.in_english()] {
            assert!(
                sentence.starts_with(char::is_uppercase) && sentence.ends_with('.'),
                "a whole sentence: {sentence}"
            );
        }
        let log_line = refusal.to_string();
        assert!(log_line.starts_with(char::is_lowercase) && !log_line.ends_with('.'), "for the log: {log_line}");
        writeln!(page, "  {code}\n    {}\n    {}", refusal.in_dutch(), refusal.in_english()).expect("room");
    }
}

#[test]
fn the_schema_lists_every_refusal_in_dutch_and_english() {
    let mut page = String::new();
    let p = &mut page;
    tell(p, "ask_question", [AskQuestionRefused::NoTheme, AskQuestionRefused::ProjectGivesAway]);
    tell(p, "had_same_question", [HadSameQuestionRefused::OwnQuestion]);
    tell(p, "accept_answer", [AcceptAnswerRefused::NoSuchAnswer]);
    tell(p, "unaccept_answer", [UnacceptAnswerRefused::NoSuchAnswer]);
    tell(p, "mark_helpful", [MarkHelpfulRefused::NoSuchAnswer, MarkHelpfulRefused::OwnAnswer]);
    tell(p, "unmark_helpful", [UnmarkHelpfulRefused::NoSuchAnswer]);
    tell(p, "reveal_asker", [RevealAskerRefused::NotAnonymous, RevealAskerRefused::NotTheAsker]);
    tell(p, "redact_question", [RedactQuestionRefused::NoSuchAnswer]);
    tell(p, "redact_project_text", [RedactProjectTextRefused::NoSuchText]);
    tell(p, "share_experience", [ShareExperienceRefused::NoTheme]);
    tell(p, "mark_experience_helpful", [MarkExperienceHelpfulRefused::OwnExperience]);
    tell(
        p,
        "register_project",
        [RegisterProjectRefused::OneOrTwoInterventions(3), RegisterProjectRefused::NoOrganisation],
    );
    tell(p, "give_role", [GiveRoleRefused::EndHasPassed, GiveRoleRefused::TakesNoPart]);
    tell(p, "request_access", [Incomplete::NoIntervention]);
    tell(
        p,
        "grant_access",
        [
            GrantAccessRefused::BasisHasEnded,
            GrantAccessRefused::EndHasPassed,
            GrantAccessRefused::Erased,
            GrantAccessRefused::NoOrganisation,
        ],
    );
    tell(p, "refuse_access", [RefuseAccessRefused::Admitted, RefuseAccessRefused::Erased]);
    tell(p, "form_collaboration", [TooFewOrganisations]);
    tell(p, "leave_collaboration", [TooFewOrganisations]);
    tell(p, "open_funding_round", [OpenFundingRoundRefused::OneOrTwoInterventions]);
    tell(
        p,
        "award_grant",
        [
            AwardGrantRefused::NumberTaken,
            AwardGrantRefused::Incomplete(Incomplete::NoOrganisation),
            AwardGrantRefused::Incomplete(Incomplete::NoIntervention),
        ],
    );
    tell(p, "list_promising_project", [Incomplete::NoOrganisation, Incomplete::NoIntervention]);
    tell(p, "end_basis", [EndBasisRefused::EndsByThen]);
    tell(p, "revise_basis", [Incomplete::NoOrganisation, Incomplete::NoIntervention]);
    tell(p, "leave_project", [LeaveProjectRefused::LeadStays]);
    tell(
        p,
        "advance_phase",
        [
            AdvancePhaseRefused::NotTheNextPhase { now: Orientation, to: Embedding },
            AdvancePhaseRefused::NotTheNextPhase { now: Implementation, to: Preparation },
        ],
    );
    tell(
        p,
        "return_phase",
        [
            ReturnPhaseRefused::NotThePhaseBefore { now: Embedding, to: Orientation },
            ReturnPhaseRefused::NotThePhaseBefore { now: Orientation, to: ScaleUp },
        ],
    );
    tell(
        p,
        "resolve_bottleneck",
        [ResolveBottleneckRefused::NoSuchBottleneck, ResolveBottleneckRefused::AlreadyResolved],
    );
    tell(p, "reuse_solution", [ReuseSolutionRefused::NoSuchBottleneck, ReuseSolutionRefused::OwnExperience]);
    tell(p, "plan_cycle", [PlanCycleRefused::EndsBeforeStart]);
    tell(p, "make_prediction", [MakePredictionRefused::AfterStart, MakePredictionRefused::Ended]);
    tell(p, "start_cycle", [StartCycleRefused::NoPrediction, StartCycleRefused::Ended]);
    tell(
        p,
        "record_observation",
        [RecordObservationRefused::NotStarted, RecordObservationRefused::AfterResult, RecordObservationRefused::Ended],
    );
    tell(
        p,
        "log_pdsa_result",
        [LogResultRefused::NotStarted, LogResultRefused::AlreadyLogged, LogResultRefused::Ended],
    );
    tell(
        p,
        "decide_cycle",
        [DecideCycleRefused::NoResult, DecideCycleRefused::AlreadyDecided, DecideCycleRefused::Ended],
    );
    tell(p, "abandon_cycle", [AbandonCycleRefused::HasResult, AbandonCycleRefused::AlreadyDecided]);
    tell(p, "cite_source", [CiteSourceRefused::NoSuchSection]);
    tell(p, "drop_source", [DropSourceRefused::NoSuchSection]);
    tell(p, "publish_page", [PublishPageRefused::NothingWritten]);
    assert_eq!(untold(&page, &Path::new(env!("CARGO_MANIFEST_DIR")).join("src")), Vec::<String>::new());
    let listed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schema/refusals.txt");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&listed, &page).expect("writes");
    }
    let known = fs::read_to_string(&listed).unwrap_or_default();
    assert_eq!(known, page, "schema/refusals.txt is out of date: run `make schema` and read the difference");
}

/// Codes in the source that are not on the page, each with its file.
fn untold(page: &str, folder: &Path) -> Vec<String> {
    let mut missing = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            missing.extend(untold(page, &path));
            continue;
        }
        let source = fs::read_to_string(&path).expect("a source file");
        let Some((_, refusal)) = source.split_once("impl Refusal for Refused") else { continue };
        let (_, name) = refusal.split_once("const NAME: &'static str = \"").expect("a command");
        let name = name.split('"').next().unwrap_or_default();
        let lines = page.lines().skip_while(|line| *line != name).skip(1);
        let told: Vec<_> = lines.take_while(|line| line.starts_with(' ')).map(str::trim).collect();
        let (codes, _) = refusal.split_once("fn in_dutch").expect("what a reader sees");
        let codes = codes.split('"').skip(1).step_by(2).filter(|code| !told.contains(code));
        missing.extend(codes.map(|code| format!("{name}: {code}")));
    }
    missing
}
