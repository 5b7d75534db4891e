//! The GraphQL schema. Queries and mutations stand with the type they are about.

mod access;
mod access_log;
mod admission;
mod basis;
mod catalogue;
mod concerned;
mod context;
mod cycle;
mod decision;
mod error;
mod event;
mod experience;
mod gathering;
mod id;
mod knowledge_page;
mod limits;
mod loader;
mod member;
mod mutation;
mod node;
mod paging;
mod past;
mod patient_details;
mod platform;
mod project;
mod question;
mod register;
mod retention;
mod search;
mod subscription;
mod text;

use async_graphql::{MergedObject, Schema, SchemaBuilder};

pub(crate) use basis::Basis;
pub(crate) use context::Caller;
pub(crate) use error::{Failed, request_error};

use crate::{access::Access, pace::Pace};

/// Everything that can be asked.
#[derive(Debug, Default, MergedObject)]
pub(crate) struct Query(
    node::NodeQueries,
    member::MemberQueries,
    member::RoleQueries,
    member::ColleagueQueries,
    member::ErasureQueries,
    access_log::AccessLogQueries,
    admission::AdmissionQueries,
    retention::RetentionQueries,
    catalogue::CatalogueQueries,
    register::RegisterQueries,
    register::ImportQueries,
    question::QuestionQueries,
    search::SearchQueries,
    experience::ExperienceQueries,
    project::ProjectQueries,
    cycle::CycleQueries,
    knowledge_page::KnowledgePageQueries,
    event::EventQueries,
    platform::PlatformQueries,
);

/// Everything that can be done: one mutation per command.
#[derive(Debug, Default, MergedObject)]
pub(crate) struct Mutation(
    access::AccessMutations,
    admission::AdmissionMutations,
    member::MemberMutations,
    member::ErasureMutations,
    register::RegisterMutations,
    register::ImportMutations,
    question::QuestionMutations,
    experience::ExperienceMutations,
    project::ProjectMutations,
    cycle::CycleMutations,
    knowledge_page::KnowledgePageMutations,
);

pub(crate) type LeerwerkSchema = Schema<Query, Mutation, subscription::Subscription>;

fn builder() -> SchemaBuilder<Query, Mutation, subscription::Subscription> {
    Schema::build(Query::default(), Mutation::default(), subscription::Subscription)
        .register_output_type::<node::Node>()
        .limit_depth(limits::DEPTH)
        .limit_complexity(limits::COMPLEXITY)
        .extension(error::Coded)
        .extension(decision::Decided)
        .extension(past::Past)
        .extension(platform::Marked)
}

/// The schema over an open platform.
pub(crate) fn schema(platform: crate::Platform, access: Access, pace: Pace) -> LeerwerkSchema {
    builder().data(loader::past(platform.models.clone())).data(platform).data(access).data(pace).finish()
}

/// The schema as checked in at `schema/schema.graphql`.
pub fn sdl() -> String {
    let options = async_graphql::SDLExportOptions::new().sorted_fields().sorted_arguments().sorted_enum_items();
    builder().finish().sdl_with_options(options)
}
