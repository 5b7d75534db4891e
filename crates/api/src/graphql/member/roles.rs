//! Who holds which role, where, and who did at an earlier moment.

use app::By;
use async_graphql::{Context, ID, Object};
use chrono::{DateTime, Utc};
use domain::{
    Aggregate as _, Command as _, Scope,
    id::{MemberId, RegionId},
    member::TakeRole,
    region::Region as RegionAggregate,
};
use readmodel::models::member::{MemberRow, RoleHeld};

use super::{Member, Role, maybe_member};
use crate::graphql::{
    context::Viewing as _,
    error::Failed,
    id::filter,
    past,
    register::{self, Consortium, Region},
};

/// A role that somebody holds or held. It holds for the country when neither region nor consortium is given.
#[derive(Clone, Debug)]
pub(crate) struct RoleHolding {
    member: MemberRow,
    held: RoleHeld,
}

/// A role that somebody holds or held. It holds for the country when neither region nor consortium is given.
#[Object]
impl RoleHolding {
    async fn role(&self) -> Role {
        self.held.role.into()
    }

    async fn member(&self) -> Member {
        Member(self.member.clone())
    }

    /// The region it holds for.
    async fn region(&self, ctx: &Context<'_>) -> Result<Option<Region>, Failed> {
        match self.held.scope {
            Scope::Region { region } => register::region(ctx, region).await.map(Some),
            Scope::National | Scope::Consortium { .. } => Ok(None),
        }
    }

    /// The consortium it holds for.
    async fn consortium(&self) -> Option<Consortium> {
        match self.held.scope {
            Scope::Consortium { consortium } => Some(consortium.into()),
            Scope::National | Scope::Region { .. } => None,
        }
    }

    async fn from(&self) -> DateTime<Utc> {
        self.held.from
    }

    /// Until when, exclusive; null when it has no end.
    async fn until(&self) -> Option<DateTime<Utc>> {
        self.held.until
    }

    /// What the viewer may do with it now: `take_role`, or nothing.
    #[graphql(complexity = 20)]
    async fn actions(&self, ctx: &Context<'_>) -> Result<Vec<&'static str>, Failed> {
        let (platform, member) = (ctx.platform()?, self.member.id);
        let now = platform.app.source().now();
        if platform.as_of.is_some() || ctx.moment().is_some() || !self.held.holds(now) {
            return Ok(Vec::new());
        }
        let command = TakeRole { member, role: self.held.role, scope: self.held.scope.clone() };
        let may = platform.app.may_run(&command, By::Member(ctx.viewer()?)).await?;
        Ok(if may { vec![TakeRole::NAME] } else { Vec::new() })
    }

    /// Who gave it; null when the platform did.
    async fn given_by(&self, ctx: &Context<'_>) -> Result<Option<Member>, Failed> {
        maybe_member(ctx, self.held.by).await
    }
}

/// The roles of a member that hold at a moment.
pub(super) fn held(member: &MemberRow, at: DateTime<Utc>) -> Vec<RoleHolding> {
    let holding = |held: &RoleHeld| RoleHolding { member: member.clone(), held: held.clone() };
    member.roles.iter().filter(|held| held.holds(at)).map(holding).collect()
}

/// Questions about roles.
#[derive(Debug, Default)]
pub(crate) struct RoleQueries;

#[Object]
impl RoleQueries {
    /// Who holds a role, now or at an earlier moment: e.g. who was moderator of a region on 3 March. With a region, whoever's
    /// role reaches it: for the region itself, its consortium or the country.
    #[graphql(complexity = "50 + 10 * child_complexity")]
    async fn role_holdings(
        &self,
        ctx: &Context<'_>,
        role: Option<Role>,
        region_id: Option<ID>,
        at: Option<DateTime<Utc>>,
    ) -> Result<Vec<RoleHolding>, Failed> {
        let region: Option<RegionId> = filter(RegionAggregate::KIND, region_id.as_ref())?;
        let region = match region {
            Some(region) => Some((region, register::consortium(ctx, region).await?)),
            None => None,
        };
        let at = match at {
            Some(at) => at,
            None => past::time(ctx).await?,
        };
        let members = ctx.platform()?.models.members_with_roles().await?;
        let all = members.iter().flat_map(|member| held(member, at));
        let asked = |RoleHolding { held, .. }: &RoleHolding| {
            role.is_none_or(|role| Role::from(held.role) == role)
                && region.is_none_or(|(region, consortium)| held.reaches(region, consortium))
        };
        Ok(all.filter(asked).collect())
    }
}

/// The roles that the viewer may give somewhere.
pub(super) async fn to_give(ctx: &Context<'_>, viewer: MemberId) -> Result<Vec<Role>, Failed> {
    let roles = ctx.granted(ctx.open()?.app.roles_to_give(viewer).await?);
    Ok(roles.into_iter().map(Role::from).collect())
}
