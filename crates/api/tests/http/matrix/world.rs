//! Those who try everything, and the things that it is tried on.

use std::{collections::HashMap, net::SocketAddr};

use api::Limits;
use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use domain::{
    Scope, Sealed,
    id::{MemberId, RegionId},
    member::{EndAccess, Ending, GiveRole, InviteMember, Role},
    region::{RegionFacts, RegisterRegion},
    scope::Consortium,
    sealed::KeyScope,
    text::{Line, Prose},
};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{operations::Operation, socket::SILENCE};
use crate::support::{Visitor, World, body};

/// How many columns come before those of the roles.
pub(super) const STANDINGS: usize = 7;
/// Where a role may hold: the country, the region of what is tried, another one.
pub(super) const SCOPES: usize = 3;

/// What can be downloaded beside GraphQL.
pub(super) const DOWNLOADS: [&str; 8] = [
    "/own-data/json",
    "/own-data/html",
    "/tlog/tile/entries/000.p/5",
    "/tlog/tile/0/000.p/5",
    "/tlog/checkpoint",
    "/tlog/proof/1",
    "/sign-in/providers",
    "/.well-known/security.txt",
];

/// Somebody who tries.
pub(super) struct Column {
    pub(super) name: String,
    /// Their key among those who can sign in; nothing when they are not signed in.
    persona: Option<String>,
}

/// A small world in which everybody tries everything.
pub(super) struct Matrix {
    world: World,
    pub(super) columns: Vec<Column>,
    /// The id of the thing that a field of this name is about.
    ids: HashMap<&'static str, String>,
}

const OWN: u128 = 3;
const OTHER: u128 = 30;
const STANDING: [(&str, &str); STANDINGS - 1] = [
    ("left", "whose access has ended"),
    ("member", "a member"),
    ("lead", "leads the project"),
    ("participant", "takes part in the project"),
    ("author", "asked the question, answered it, shared the experience"),
    ("oneself", "the member whom it is about"),
];

fn person(key: &str) -> MemberId {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, key.as_bytes()).into()
}

fn name_of(role: Role) -> String {
    role.named(false).replace(' ', "_")
}

impl Matrix {
    pub(super) async fn new() -> Self {
        let world = World::new().await;
        let facts = RegionFacts::new(&line("Limburg"), Consortium::LimburgEnZuidoostBrabant);
        world.platform(RegisterRegion { region: Uuid::from_u128(OTHER).into(), facts }).await;
        let mut columns = vec![Column { name: "nobody".into(), persona: None }];
        for (key, name) in STANDING {
            invite(&world, key).await;
            columns.push(Column { name: name.into(), persona: Some(key.into()) });
        }
        for role in Role::ALL {
            let region = |id: u128| Scope::Region { region: RegionId::from(Uuid::from_u128(id)) };
            for (place, scope) in
                [("country", Scope::National), ("this region", region(OWN)), ("other region", region(OTHER))]
            {
                let key = format!("{}, {place}", name_of(role));
                invite(&world, &key).await;
                world.platform(GiveRole { member: person(&key), role, scope, until: None }).await;
                columns.push(Column { name: key.clone(), persona: Some(key) });
            }
        }
        let personas: Vec<(String, MemberId)> =
            columns.iter().filter_map(|column| column.persona.clone()).map(|key| (key.clone(), person(&key))).collect();
        let often = "1000000:1000000".parse().expect("a limit");
        let limits = Limits { signing_in: often, asking_for_access: often, contributing: often, searching: often };
        let world = world.offering(&personas, limits).await;
        let mut matrix = Self { world, columns, ids: HashMap::new() };
        matrix.furnish().await;
        let reason = Sealed::new(KeyScope::of("member", person("left")), Prose::parse("Ander werk.").expect("prose"));
        let ended = EndAccess { member: person("left"), ending: Ending::Withdrawn(reason) };
        matrix.world.platform(ended).await;
        matrix
    }

    /// Somebody who tries, signed in if they can be.
    pub(super) async fn visitor(&self, column: &Column) -> Visitor<'_> {
        match &column.persona {
            Some(key) => self.world.visitor(key).await,
            None => Visitor { world: &self.world, cookie: String::new() },
        }
    }

    /// The platform behind an address.
    pub(super) async fn listen(&self) -> SocketAddr {
        self.world.listen().await
    }

    /// What comes at once of listening over server-sent events; nothing when it goes on.
    pub(super) async fn listens(&self, visitor: &Visitor<'_>, operation: &Operation) -> Option<Value> {
        let asked = json!({ "query": operation.document, "variables": operation.variables() });
        let request = Request::post("/graphql/sse")
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::COOKIE, &visitor.cookie)
            .body(Body::from(asked.to_string()))
            .expect("a request");
        let response = self.world.send(request).await;
        if response.status() != StatusCode::OK {
            return Some(body(response).await);
        }
        let mut events = response.into_body();
        let first = tokio::time::timeout(SILENCE, events.frame()).await.ok()??;
        let text = String::from_utf8(first.expect("an event").into_data().ok()?.to_vec()).expect("text");
        let data = text.lines().find_map(|line| line.strip_prefix("data:"))?.trim().to_owned();
        (!data.is_empty()).then(|| serde_json::from_str(&data).expect("json"))
    }

    /// What came of a download, as one character.
    pub(super) async fn download(&self, visitor: &Visitor<'_>, path: &str) -> char {
        let request = Request::get(path).header(header::COOKIE, &visitor.cookie).body(Body::empty());
        match self.world.send(request.expect("a request")).await.status() {
            StatusCode::UNAUTHORIZED => '!',
            StatusCode::FORBIDDEN => '-',
            StatusCode::NOT_FOUND => '0',
            StatusCode::OK => '+',
            other => panic!("{path}: {other}"),
        }
    }

    /// A value that a field needs beyond what its type says, by the input it is a field of or the field it is an argument of.
    pub(super) fn particular(&self, of: &str, name: &str) -> Option<Value> {
        Some(match (of, name) {
            // No try changes anything that others look at: it is let through and found to be stale.
            (_, "expectedVersion") => json!(1_000_000),
            ("GrantAccessInput" | "RefuseAccessInput" | "erasurePreview", "memberId")
            | ("accessLog", "aboutId")
            | ("member", "id") => json!(self.ids["memberId"]),
            // Invitations and experiences too, so that a lead may.
            ("InviteMemberInput" | "ShareExperienceInput", "projectId") | ("project" | "node", "id") => {
                json!(self.ids["projectId"])
            }
            ("CiteSourceInput" | "DropSourceInput", "questionId") | ("question", "id") => json!(self.ids["questionId"]),
            ("ProjectTextInput", "updateId") => json!(self.ids["updateId"]),
            ("GiveRoleInput" | "TakeRoleInput", "role") => json!("EXPERT"),
            ("GiveRoleInput" | "TakeRoleInput", "scope") => json!({ "regionId": self.ids["regionId"] }),
            ("RequestedBasisInput", "grantNumber") => json!("LW-2026-001"),
            ("TermsInput", "until") => json!("2030-08-31"),
            ("PlanCycleInput", "ends") | ("OpenFundingRoundInput", "plannedUntil") => json!("2026-12-01"),
            ("EndBasisInput", "lastDay") => json!("2030-01-01"),
            ("experience", "id") => json!(self.ids["experienceId"]),
            ("cycle", "id") => json!(self.ids["cycleId"]),
            ("knowledgePage", "id") => json!(self.ids["knowledgePageId"]),
            _ => return None,
        })
    }

    /// The id of the thing that a field is about, alone or among others.
    pub(super) fn id(&self, name: &str) -> Option<String> {
        let one = name.strip_suffix('s').unwrap_or(name);
        self.ids.get(one).or_else(|| self.ids.get(name)).cloned()
    }

    async fn furnish(&mut self) {
        let World { theme, intervention, region, organisation, .. } = &self.world;
        let (theme, intervention, region, organisation) =
            (theme.clone(), intervention.clone(), region.clone(), organisation.clone());
        let oneself = format!("member-{}", person("oneself"));
        for (name, id) in [
            ("themeId", &theme),
            ("expertiseId", &theme),
            ("interventionId", &intervention),
            ("regionId", &region),
            ("organisationId", &organisation),
            ("memberId", &oneself),
        ] {
            self.ids.insert(name, id.clone());
        }
        for name in ["sessionId", "accessTokenId"] {
            let kind = if name == "sessionId" { "session" } else { "access_token" };
            self.ids.insert(name, format!("{kind}-{}", Uuid::from_u128(9)));
        }
        let lead = self.world.visitor("lead").await;
        let idea = json!({
            "name": "Samen vooruit", "aim": "Vaker praten over wat telt.", "interventionIds": [intervention],
            "organisationIds": [organisation], "regionId": region, "startsOn": "2026-09-01",
        });
        let made = lead.mutate("registerProject", "project", "", idea).await;
        let project = made["project"]["id"].clone();
        let joins = json!({ "projectId": project, "memberId": format!("member-{}", person("participant")) });
        lead.mutate("joinProject", "project", "", joins).await;
        let raised = json!({ "projectId": project, "kind": "CAPACITY", "text": "Te weinig tijd." });
        let raised = lead.mutate("raiseBottleneck", "project", "bottlenecks { id }", raised).await;
        let update = json!({ "projectId": project, "text": "We zijn begonnen." });
        let posted = lead.mutate("postUpdate", "project", "updates { id }", update).await;
        let cycle = json!({
            "projectId": project, "aim": "Sneller bellen", "change": "Een vaste beller", "starts": "2026-09-01",
            "ends": "2026-10-01",
        });
        let cycle = lead.mutate("planCycle", "cycle", "", cycle).await;
        let author = self.world.visitor("author").await;
        let question = json!({
            "title": "Wie belt na?", "body": "Na een overlijden.", "themeIds": [theme], "anonymous": false,
        });
        let question = author.mutate("askQuestion", "question", "", question).await;
        let answer = json!({ "questionId": question["question"]["id"], "body": "De huisarts." });
        let answered = author.mutate("giveAnswer", "question", "answers { id }", answer).await;
        let experience = json!({ "kind": "APPROACH", "title": "Samen bellen", "body": "Kort.", "themeIds": [theme] });
        let experience = author.mutate("shareExperience", "experience", "", experience).await;
        let editor = self.world.visitor("editor, country").await;
        let page = json!({ "title": "Nabellen", "interventionId": intervention, "themeId": theme });
        let page = editor.mutate("draftPage", "knowledgePage", "", page).await;
        let section = json!({
            "knowledgePageId": page["knowledgePage"]["id"], "heading": "Waarom", "text": "Daarom.",
        });
        let written = editor.mutate("writeSection", "knowledgePage", "sections(draft: true) { id }", section).await;
        let administrator = self.world.visitor("administrator, country").await;
        let terms = json!({
            "organisationIds": [organisation], "interventionIds": [intervention], "from": "2026-01-01",
            "until": "2030-12-31",
        });
        let register = "mutation($region: ID!) { registerOrganisation(input: { name: \"Hospice Noord\", kind: HOSPICE,
            regionId: $region }) { ... on OrganisationChanged { organisation { id } } } }";
        let registered = administrator.ask(register, json!({ "region": region })).await;
        let both = json!([organisation, registered["registerOrganisation"]["organisation"]["id"]]);
        let made = administrator
            .ask(
                "mutation($organisations: [ID!]!, $interventions: [ID!]!, $terms: TermsInput!) {
                   formCollaboration(input: { name: \"Samen\", organisationIds: $organisations }) {
                     ... on CollaborationChanged { collaboration { id } } }
                   openFundingRound(input: { programme: \"Ronde\", interventionIds: $interventions,
                     plannedFrom: \"2026-01-01\", plannedUntil: \"2026-12-31\" }) {
                     ... on FundingRoundChanged { fundingRound { id } } }
                   awardGrant(input: { number: \"LW-2026-001\", terms: $terms }) {
                     ... on AccessBasisChanged { accessBasis { id } } } }",
                json!({ "organisations": both, "interventions": [intervention], "terms": terms }),
            )
            .await;
        for (name, id) in [
            ("projectId", &project),
            ("bottleneckId", &raised["project"]["bottlenecks"][0]["id"]),
            ("updateId", &posted["project"]["updates"][0]["id"]),
            ("cycleId", &cycle["cycle"]["id"]),
            ("questionId", &question["question"]["id"]),
            ("answerId", &answered["question"]["answers"][0]["id"]),
            ("experienceId", &experience["experience"]["id"]),
            ("knowledgePageId", &page["knowledgePage"]["id"]),
            ("sectionId", &written["knowledgePage"]["sections"][0]["id"]),
            ("collaborationId", &made["formCollaboration"]["collaboration"]["id"]),
            ("fundingRoundId", &made["openFundingRound"]["fundingRound"]["id"]),
            ("accessBasisId", &made["awardGrant"]["accessBasis"]["id"]),
        ] {
            let id = id.as_str().unwrap_or_else(|| panic!("no {name}")).to_owned();
            self.ids.insert(name, id);
        }
    }
}

/// A text for a field.
pub(super) fn text(name: &str) -> Value {
    match name {
        "email" => json!("{unique}@leerwerk.example"),
        "number" => json!("LW-{unique}"),
        "csv" => json!("naam;consortium\nGroningen;Ligare\n"),
        "token" => json!("geen"),
        _ => json!("Samen {unique}"),
    }
}

fn line(text: &str) -> Line {
    Line::parse(text).expect("a line")
}

async fn invite(world: &World, key: &str) {
    let member = person(key);
    let seal = |text: &str| Sealed::new(KeyScope::of("member", member), line(text));
    let (name, email) = (seal(key), seal(&format!("{member}@leerwerk.example")));
    let organisation = Uuid::from_u128(4).into();
    world.platform(InviteMember { member, name, email, organisation, project: None, accesses: vec![] }).await;
}
