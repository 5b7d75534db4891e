//! The one way in which anything changes.

use std::time::Duration;

use domain::{
    Actor, Aggregate, Command, DomainEvent as _, Standing, Timestamp,
    basis::Basis,
    event::{Encoded, encode},
    id::MemberId,
    member::{Access, GiveRole, Member, Role},
    organisation::Organisation,
    period,
    project::Project,
    region::Region,
    scope::Scope,
};
use eventlog::{Append, AppendError, Expected, IdempotencyKey, KeyError, NewEvent, Position, StreamId};
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use uuid::Uuid;

use crate::{
    App, Declined, Failure, RunError,
    load::{AsOf, Loaded, thing},
    policy::{Act, Grounds, Principal, Question},
};

/// How often a command is decided anew because somebody else was ahead.
const TRIES: usize = 16;

/// How soon it is seen, in connections that stay open, that access ended by itself; and by an event.
const LOOK: Duration = Duration::from_secs(30);
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// In whose name a command is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// A signed-in member.
    Member(MemberId),
    /// Somebody who asks to become a member, under the id they will have.
    Newcomer(MemberId),
    /// The platform itself.
    Platform,
}

/// Makes a retry safe: what the client named its intention, and what it sent.
#[derive(Clone, Debug)]
pub struct Retry {
    /// The client's idempotency key.
    pub key: String,
    /// The content of the request, without what is made anew on every try.
    pub content: Vec<u8>,
}

/// The circumstances of a command.
#[derive(Clone, Debug)]
pub struct Request {
    /// In whose name.
    pub by: By,
    /// Makes a retry safe.
    pub retry: Option<Retry>,
    /// The version the caller looked at; refused when it is not the present one.
    pub expected_version: Option<i32>,
    /// What belongs together.
    pub correlation: Uuid,
    /// The event that led to it.
    pub causation: Option<Uuid>,
}

impl Request {
    /// A request without a key or expectations.
    pub fn new(by: By, correlation: Uuid) -> Self {
        Self { by, retry: None, expected_version: None, correlation, causation: None }
    }
}

/// A command was carried out, or had been already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// The thing it was done to.
    pub stream: StreamId,
    /// Its version now.
    pub version: i32,
    /// The position from which on read models show it.
    pub position: Position,
}

impl App {
    /// Runs a command. Refusals and failures leave everything as it was, except [`Failure::OutcomeUnknown`].
    pub async fn run<C: Command>(&self, command: C, request: &Request) -> Result<Done, RunError<C::Refused>> {
        let key = request.retry.as_ref().map(|retry| self.idempotency_key::<C>(request.by, retry));
        if let Some(key) = key
            && let Some((fingerprint, receipt)) = self.log.receipt(&key.key).await.map_err(Failure::from)?
        {
            if fingerprint != key.fingerprint {
                return Err(Declined::KeyReused.into());
            }
            return Ok(Done { stream: receipt.stream, version: receipt.last_version, position: receipt.position });
        }
        let mentioned: Vec<StreamId> =
            command.mentions().into_iter().map(|(kind, id)| StreamId::new(kind, id)).collect();
        if !mentioned.is_empty()
            && let Some(stream) = self.log.missing(&mentioned).await.map_err(Failure::from)?.pop()
        {
            return Err(Declined::NoSuch { stream }.into());
        }
        // Commands to one thing take turns here; what other processes do is left to the expected version.
        let _turn = self.turns.take(&StreamId::new(C::State::KIND, command.target())).await;
        for _ in 0..TRIES {
            if let Some(done) = self.attempt(command.clone(), request, key).await? {
                metrics::counter!("app_commands_total", "command" => C::NAME).increment(1);
                return Ok(done);
            }
        }
        Err(Failure::Busy.into())
    }

    /// One try; nothing when somebody else was ahead and it must be decided anew.
    async fn attempt<C: Command>(
        &self,
        command: C,
        request: &Request,
        key: Option<IdempotencyKey>,
    ) -> Result<Option<Done>, RunError<C::Refused>> {
        let at = self.source.now();
        let stream = StreamId::new(C::State::KIND, command.target());
        let loaded = self.load::<C::State>(stream.id, AsOf::Now).await?;
        if loaded.version == 0 && !C::CREATES {
            return Err(Declined::NoSuch { stream }.into());
        }
        let actor = self.authorise(&command, &loaded.state, request.by, at).await?;
        if request.expected_version.is_some_and(|expected| expected != loaded.version) {
            return Err(Declined::Stale { version: loaded.version }.into());
        }
        let events = command.decide(&loaded.state, actor, at).map_err(RunError::Refused)?;
        if events.is_empty() {
            return Ok(Some(Done { stream, version: loaded.version, position: loaded.position }));
        }
        let Loaded { mut state, version, .. } = loaded;
        for event in &events {
            state.apply(event, actor, at);
        }
        // Nothing may link what an anonymous asker does to anything else they did.
        let (correlation, causation) = match actor {
            Actor::Asker(_) => (self.source.id(), None),
            Actor::Member(_) | Actor::Platform => (request.correlation, request.causation),
        };
        let mut append = Append {
            stream: stream.clone(),
            expected: if version == 0 { Expected::NoStream } else { Expected::Exact(version) },
            events: Vec::with_capacity(events.len()),
            actor: actor.to_string(),
            correlation,
            causation,
            at,
            key,
            new_keys: Vec::new(),
        };
        let subjects = state.subjects();
        for event in &events {
            let id: Uuid = self.source.id();
            let Encoded { r#type, schema_version, data } = encode(event);
            let data = match self.log.keys().seal(id, data, &mut append.new_keys).await {
                Ok(data) => data,
                Err(KeyError::Destroyed { .. }) => return Err(Declined::Erased.into()),
                Err(error) => return Err(Failure::from(error).into()),
            };
            let concerns = [stream.id]
                .into_iter()
                .chain(subjects.iter().copied())
                .chain(event.mentions())
                .chain(actor.member().map(Uuid::from))
                .collect();
            append.events.push(NewEvent {
                id,
                event_type: r#type,
                schema_version: i16::try_from(schema_version).unwrap_or(i16::MAX),
                data,
                concerns,
            });
        }
        match self.log.append(append).await {
            Ok(receipt) => {
                // A repeated receipt is that of another try: what was decided here was not stored.
                if !receipt.repeated {
                    let loaded = Loaded { state, version: receipt.last_version, position: receipt.position };
                    // Nothing else happened to it up to there.
                    let moment = self.log.changes().as_of(receipt.position);
                    self.states.put(receipt.stream.clone(), loaded, moment);
                }
                let (version, position) = (receipt.last_version, receipt.position);
                Ok(Some(Done { stream: receipt.stream, version, position }))
            }
            Err(AppendError::Conflict { .. } | AppendError::KeysChanged) => Ok(None),
            Err(AppendError::KeyReused) => Err(Declined::KeyReused.into()),
            Err(error) => Err(Failure::from(error).into()),
        }
    }

    /// Under which name the command is carried out, if the policies allow it.
    async fn authorise<C: Command>(
        &self,
        command: &C,
        state: &C::State,
        by: By,
        at: Timestamp,
    ) -> Result<Actor, RunError<C::Refused>> {
        let member = match by {
            By::Platform => return Ok(Actor::Platform),
            By::Member(member) | By::Newcomer(member) => member,
        };
        let actor = command.speaks_as(state, member);
        let mut standing = state.standing(state.speaks_as(member));
        if command.about() == Some(member) {
            standing.push(Standing::Oneself);
        }
        let mut subjects = state.subjects();
        let places = command.places();
        if let Some(project) = command.within(state) {
            let project = self.load::<Project>(project.0, AsOf::Now).await?;
            let within = project.state.subjects();
            // Whoever has a say in a project has none beyond it.
            if places.iter().all(|(_, place)| within.contains(place)) {
                standing.extend(project.state.standing(Actor::Member(member)));
            }
            subjects.extend(within);
        }
        if !places.is_empty() {
            // Where it takes effect, roles that are held elsewhere do not count: not even where the project lies.
            subjects.clear();
        }
        for (kind, place) in places {
            subjects.push(place);
            if kind == Organisation::KIND {
                subjects.extend(self.load::<Organisation>(place, AsOf::Now).await?.state.subjects());
            }
        }
        let principal = match by {
            By::Newcomer(_) => Principal { known: true, ..Principal::default() },
            By::Member(_) | By::Platform => self.principal(member, &subjects, at, AsOf::Now).await?,
        };
        let attributes = command.attributes();
        let question = Question {
            principal: &principal,
            action: C::NAME,
            kind: C::State::KIND,
            standing: &standing,
            attributes: &attributes,
        };
        if self.policies.allow(&question) { Ok(actor) } else { Err(Declined::Forbidden { action: C::NAME }.into()) }
    }

    /// Which of some actions a member may take on a thing; for `kind`s with commands that need no thing yet, pass
    /// [`Uuid::nil`].
    pub async fn allowed<A: Aggregate>(
        &self,
        member: MemberId,
        id: Uuid,
        within: Option<Uuid>,
        actions: &[&'static str],
    ) -> Result<(Vec<&'static str>, Grounds), Failure> {
        let mut things = vec![thing::<A>(id), thing::<Member>(member.0)];
        things.extend(within.filter(|project| *project != id).map(thing::<Project>));
        self.look_ahead(&things).await?;
        let state = self.load::<A>(id, AsOf::Seen).await?.state;
        let mut standing = state.standing(state.speaks_as(member));
        let mut subjects = state.subjects();
        if let Some(project) = within {
            let project = self.load::<Project>(project, AsOf::Seen).await?;
            standing.extend(project.state.standing(Actor::Member(member)));
            subjects.extend(project.state.subjects());
        }
        let mut principal = self.principal(member, &subjects, self.source.now(), AsOf::Seen).await?;
        let may = |action: &&'static str| {
            let (kind, standing, attributes) = (A::KIND, &standing, &[]);
            self.policies.allow(&Question { principal: &principal, action, kind, standing, attributes })
        };
        let allowed = actions.iter().copied().filter(may).collect();
        principal.grounds.things.extend(things.iter().map(|(stream, _)| stream.id));
        Ok((allowed, principal.grounds))
    }

    /// Which of some actions a member may take somewhere: with whatever role, wherever they hold it.
    pub async fn allowed_somewhere<A: Aggregate>(
        &self,
        member: MemberId,
        actions: &[&'static str],
    ) -> Result<(Vec<&'static str>, Grounds), Failure> {
        let principal = self.principal_somewhere(member).await?;
        let may = |action: &&'static str| {
            let (kind, standing, attributes) = (A::KIND, &[], &[]);
            self.policies.allow(&Question { principal: &principal, action, kind, standing, attributes })
        };
        let allowed = actions.iter().copied().filter(may).collect();
        Ok((allowed, principal.grounds))
    }

    /// Whether anybody may do something that is no command, also who is not signed in.
    pub fn anybody_may(&self, action: &str) -> bool {
        self.policies.allow(&Question::of_operation(&Principal::default(), action))
    }

    /// Whether a member may do something that is no command, with whatever role, wherever they hold it.
    pub async fn may_somewhere(&self, member: MemberId, action: &str) -> Result<(bool, Grounds), Failure> {
        let principal = self.principal_somewhere(member).await?;
        let allowed = self.policies.allow(&Question::of_operation(&principal, action));
        Ok((allowed, principal.grounds))
    }

    /// Whether a command was run before under this key.
    pub async fn was_run<C: Command>(&self, by: By, retry: &Retry) -> Result<bool, Failure> {
        let key = self.idempotency_key::<C>(by, retry);
        Ok(self.log.receipt(&key.key).await?.is_some())
    }

    /// The roles that a member may give somewhere: with whatever role, wherever they hold it.
    pub async fn roles_to_give(&self, member: MemberId) -> Result<(Vec<Role>, Grounds), Failure> {
        let principal = self.principal_somewhere(member).await?;
        let may = |role: &Role| {
            let attributes = [("role", role.as_str())];
            let (action, kind, standing) = (GiveRole::NAME, Member::KIND, &[]);
            self.policies.allow(&Question { principal: &principal, action, kind, standing, attributes: &attributes })
        };
        let roles = Role::ALL.into_iter().filter(may).collect();
        Ok((roles, principal.grounds))
    }

    /// A member with every role, wherever they hold it.
    async fn principal_somewhere(&self, member: MemberId) -> Result<Principal, Failure> {
        let Loaded { state, version, .. } = self.load::<Member>(member.0, AsOf::Seen).await?;
        let now = self.source.now();
        let mut grounds = Grounds { things: vec![member.0], until: state.next_end(now) };
        let access = self.holds(&state, now, AsOf::Seen, &mut grounds).await?;
        let roles = state.roles(now).map(|(role, _)| role).collect();
        Ok(Principal { known: version > 0, access, roles, grounds })
    }

    /// Whether the policies allow a command as things stand. Running it asks again.
    pub async fn may_run<C: Command>(&self, command: &C, by: By) -> Result<bool, Failure> {
        let loaded = self.load::<C::State>(command.target(), AsOf::Now).await?;
        match self.authorise(command, &loaded.state, by, self.source.now()).await {
            Ok(_) => Ok(true),
            Err(RunError::Failed(failure)) => Err(failure),
            Err(RunError::Declined(_) | RunError::Refused(_)) => Ok(false),
        }
    }

    /// Whether a member may do something that is no command; perhaps to somebody.
    pub async fn may(&self, member: MemberId, act: Act, about: Option<MemberId>) -> Result<bool, Failure> {
        let principal = self.principal(member, &[], self.source.now(), AsOf::Seen).await?;
        let standing: &[Standing] = if about == Some(member) { &[Standing::Oneself] } else { &[] };
        let Act { name: action, kind } = act;
        Ok(self.policies.allow(&Question { principal: &principal, action, kind, standing, attributes: &[] }))
    }

    /// Whether a member may take part now: their access was not ended, and a basis on which it rests holds, if it rests on
    /// any (rule 1, **L**).
    pub async fn has_access(&self, member: MemberId) -> Result<bool, Failure> {
        self.look_ahead(&[thing::<Member>(member.0)]).await?;
        let state = self.load::<Member>(member.0, AsOf::Seen).await?.state;
        let bases = state.accesses().unwrap_or_default().iter().map(|access| thing::<Basis>(access.basis.0));
        self.look_ahead(&bases.collect::<Vec<_>>()).await?;
        self.holds(&state, self.source.now(), AsOf::Seen, &mut Grounds::default()).await
    }

    /// Resolves when a member takes part no longer.
    pub async fn access_ends(&self, member: MemberId) {
        let mut head = self.log.watch();
        loop {
            match self.has_access(member).await {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => tracing::warn!(error = &error as &dyn std::error::Error, "access cannot be looked at"),
            }
            // It ends by an event, or by itself.
            tokio::time::sleep(LOOK_AGAIN).await;
            let _ = tokio::time::timeout(LOOK, head.changed()).await;
        }
    }

    /// Whether a member's access holds at a moment.
    async fn holds(&self, member: &Member, at: Timestamp, as_of: AsOf, grounds: &mut Grounds) -> Result<bool, Failure> {
        let Some(accesses) = member.accesses() else { return Ok(false) };
        let mut holds = member.is_unbound();
        for Access { basis, until } in accesses {
            let state = self.load::<Basis>(basis.0, as_of).await?.state;
            let until = until.map(period::end_of);
            let ends = state.ends().map(|ends| until.map_or(ends, |until| until.min(ends)));
            holds |= state.holds(at) && ends.is_some_and(|ends| at < ends);
            grounds.things.push(basis.0);
            let changes = [state.begins(), ends].into_iter().flatten().filter(|change| at < *change);
            grounds.until = changes.chain(grounds.until).min();
        }
        Ok(holds)
    }

    /// The bases on which a member was let in; nothing when there is none.
    pub async fn accesses(&self, member: MemberId) -> Result<Vec<Access>, Failure> {
        let state = self.load::<Member>(member.0, AsOf::Now).await?.state;
        Ok(state.accesses().unwrap_or_default().to_vec())
    }

    /// Every role a member holds now, in whatever scope.
    pub async fn roles(&self, member: MemberId) -> Result<(Vec<Role>, Grounds), Failure> {
        let Loaded { state, .. } = self.load::<Member>(member.0, AsOf::Seen).await?;
        let now = self.source.now();
        let mut roles: Vec<Role> = state.roles(now).map(|(role, _)| role).collect();
        roles.dedup();
        Ok((roles, Grounds { things: vec![member.0], until: state.next_end(now) }))
    }

    /// Texts were erased: states that hold them are folded anew.
    pub fn forget(&self) {
        self.states.clear();
    }

    /// A member with the roles that hold where a thing lies.
    async fn principal(
        &self,
        member: MemberId,
        subjects: &[Uuid],
        at: Timestamp,
        as_of: AsOf,
    ) -> Result<Principal, Failure> {
        let loaded = self.load::<Member>(member.0, as_of).await?;
        let mut roles = Vec::new();
        let mut grounds = Grounds { things: vec![member.0], until: loaded.state.next_end(at) };
        for (role, scope) in loaded.state.roles(at) {
            let holds = match scope {
                Scope::National => true,
                Scope::Region { region } => subjects.contains(&region.0),
                Scope::Consortium { consortium } => {
                    let mut within = false;
                    grounds.things.extend(subjects);
                    for subject in subjects {
                        within |= self.load::<Region>(*subject, as_of).await?.state.consortium() == Some(*consortium);
                    }
                    within
                }
            };
            if holds {
                roles.push(role);
            }
        }
        let access = self.holds(&loaded.state, at, as_of, &mut grounds).await?;
        Ok(Principal { known: loaded.version > 0, access, roles, grounds })
    }

    /// The key and the content of a retry as keyed hashes: neither tells who asked what.
    fn idempotency_key<C: Command>(&self, by: By, retry: &Retry) -> IdempotencyKey {
        let who = match by {
            By::Member(member) | By::Newcomer(member) => member.to_string(),
            By::Platform => "platform".to_owned(),
        };
        let hash = |purpose: &str, parts: [&[u8]; 2]| -> [u8; 32] {
            let secret = self.log.keys().derive(purpose);
            let mac = Hmac::<Sha256>::new_from_slice(&secret).map(|mac| {
                parts.iter().fold(mac, |mac, part| mac.chain_update(part.len().to_be_bytes()).chain_update(part))
            });
            mac.map(|mac| mac.finalize().into_bytes().into()).unwrap_or_default()
        };
        IdempotencyKey {
            key: hash("idempotency key", [who.as_bytes(), retry.key.as_bytes()]),
            fingerprint: hash("idempotency fingerprint", [C::NAME.as_bytes(), &retry.content]),
        }
    }
}
