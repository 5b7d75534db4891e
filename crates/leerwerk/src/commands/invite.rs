//! `leerwerk invite`: somebody may come in, before there is anybody who could invite them over the network.

use anyhow::{Context as _, bail, ensure};
use app::{App, By, Policies, Request, Source};
use clap::Args;
use domain::{
    Aggregate as _, Command, Scope, Sealed,
    id::{MemberId, OrganisationId, RegionId},
    member::{GiveRole, InviteMember, Member, Role},
    organisation::{OrganisationKind, RegisterOrganisation},
    region::{RegionFacts, RegisterRegion},
    scope::Consortium,
    sealed::KeyScope,
    text::{Line, is_email},
};
use readmodel::{ReadModels, models::catalogue::Entry};
use serde::de::{DeserializeOwned, IntoDeserializer as _, value::Error as NoSuch};

use super::history::print;
use crate::{config::Config, platform::Platform};

/// Options of `invite`.
#[derive(Args, Debug)]
pub(crate) struct Invite {
    /// Their name.
    name: String,

    /// Their e-mail address: whoever first signs in with an account whose provider vouches for it is this member.
    email: String,

    /// The name of the organisation where they work. One that is not in the register yet is entered.
    #[arg(long)]
    organisation: String,

    /// What kind of organisation, when it is new, e.g. hospital or hospice.
    #[arg(long, default_value = "programme_organisation", value_parser = named::<OrganisationKind>)]
    kind: OrganisationKind,

    /// The name of the region where the organisation lies, when it is new.
    #[arg(long)]
    region: Option<String>,

    /// The consortium the region belongs to, when that is new too, e.g. ligare.
    #[arg(long, value_parser = named::<Consortium>)]
    consortium: Option<Consortium>,

    /// A role they hold for the whole country, e.g. administrator. May be given several times.
    #[arg(long = "role", value_parser = named::<Role>)]
    roles: Vec<Role>,
}

/// A value by its name in the log.
fn named<T: DeserializeOwned>(name: &str) -> Result<T, NoSuch> {
    T::deserialize(name.into_deserializer())
}

impl Invite {
    pub(crate) async fn run(self, config: Config) -> anyhow::Result<()> {
        let platform = Platform::open_beside(&config).await?;
        let models = platform.read_models(&readmodel::Options::default()).await?;
        let app = App::new(platform.log.clone(), Policies::embedded()?, Source::system());
        let done = self.invite(&app, &models).await;
        drop(app);
        if let Some(models) = std::sync::Arc::into_inner(models) {
            models.close().await?;
        }
        platform.close().await?;
        done
    }

    async fn invite(&self, app: &App, models: &ReadModels) -> anyhow::Result<()> {
        let name = Line::parse(&self.name).context("the name")?;
        let email = Line::parse(&self.email).context("the e-mail address")?;
        ensure!(is_email(email.as_str()), "{:?} is no e-mail address", self.email);
        ensure!(
            models.members_with_email(email.as_str()).await?.is_empty(),
            "a member has this e-mail address already"
        );
        let organisation = self.organisation(app, models).await?;
        let member: MemberId = app.source().id();
        let scope = KeyScope::of(Member::KIND, member);
        let (name, email) = (Sealed::new(scope.clone(), name), Sealed::new(scope, email));
        run(app, InviteMember { member, name, email, organisation, project: None, accesses: vec![] }).await?;
        for role in &self.roles {
            run(app, GiveRole { member, role: *role, scope: Scope::National, until: None }).await?;
        }
        print(&format!("member {member} may sign in\n"))
    }

    /// The organisation of this name, entered when there is none.
    async fn organisation(&self, app: &App, models: &ReadModels) -> anyhow::Result<OrganisationId> {
        let name = Line::parse(&self.organisation).context("the organisation's name")?;
        if let Some(known) = find(&models.catalogue("organisation").await?, &name)? {
            return Ok(known.into());
        }
        let Some(region) = &self.region else {
            bail!("no organisation is called {:?}; to enter it, say in which --region it lies", self.organisation);
        };
        let region = self.region(app, models, region).await?;
        let organisation = app.source().id();
        run(app, RegisterOrganisation { organisation, name, kind: self.kind, settings: vec![], region }).await?;
        Ok(organisation)
    }

    async fn region(&self, app: &App, models: &ReadModels, region: &str) -> anyhow::Result<RegionId> {
        let name = Line::parse(region).context("the region's name")?;
        if let Some(known) = find(&models.catalogue("region").await?, &name)? {
            return Ok(known.into());
        }
        let Some(consortium) = self.consortium else {
            bail!("no region is called {region:?}; to enter it, say to which --consortium it belongs");
        };
        let region = app.source().id();
        run(app, RegisterRegion { region, facts: RegionFacts::new(&name, consortium) }).await?;
        Ok(region)
    }
}

/// The id of the one thing of this name.
fn find(entries: &[Entry], name: &Line) -> anyhow::Result<Option<uuid::Uuid>> {
    let mut found = entries.iter().filter(|entry| entry.name().eq_ignore_ascii_case(name.as_str()));
    let first = found.next().map(|entry| entry.id);
    ensure!(found.next().is_none(), "several things are called {:?}", name.as_str());
    Ok(first)
}

async fn run<C: Command>(app: &App, command: C) -> anyhow::Result<()> {
    let request = Request::new(By::Platform, app.source().id());
    app.run(command, &request).await.map_err(|error| anyhow::anyhow!("{} was not done: {error}", C::NAME))?;
    Ok(())
}
