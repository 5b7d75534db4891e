// The two pages: how each side is asked for them, and how both answers become one form that can be compared.
import { readFileSync } from "node:fs";

const bench = readFileSync(new URL("../../crates/leerwerk/benches/serve.rs", import.meta.url), "utf8");

/** A query of the benchmark of the service: what is compared is what is measured there. */
function ours(name) {
  const found = bench.match(new RegExp(`const ${name}: &str = "([^"]*)";`));
  if (!found) {
    throw new Error(`the benchmark of the service has no ${name}`);
  }
  return found[1];
}

const at = (time) => (time === null ? null : Date.parse(time));
const value = (name) => name?.toLowerCase() ?? null;
const text = (shown) => shown?.text ?? null;
const html = (shown) => shown?.html ?? null;
const uuid = (id) => id.slice(-36);
// What happened in the same millisecond has no order of its own.
const sorted = (list) => list.map((item) => JSON.stringify(item)).sort();

export const PAGES = [
  {
    name: "project page",
    table: "project",
    kind: "project",
    // One that has come far, so that it has everything that a page can have.
    one: "ORDER BY phase = 'embedding' DESC, id DESC LIMIT 1",
    where: "true",
    ours: ours("PROJECT_PAGE"),
    theirs: `query($id: UUID!) { project(rowId: $id) { rowId version name aimHtml phase
      phaseStays { nodes { phase from until } } projectInterventions { nodes { intervention { name } } }
      projectOrganisations { nodes { organisation { name kind } } } region { name } lead { name profession }
      participants { nodes { member { name profession organisation { name } } } }
      bottlenecks { nodes { rowId textHtml kind raisedAt solutionHtml resolvedAt } }
      projectUpdates(orderBy: PRIMARY_KEY_DESC) { nodes { textHtml at } }
      cycles { nodes { rowId number stage aim starts ends } }
      timelineEntries(first: 30, orderBy: PRIMARY_KEY_DESC) { nodes { position at type sentence } } } }`,
    fromOurs: ({ project: p }) => ({
      id: uuid(p.id),
      version: p.version,
      name: text(p.name),
      aim: html(p.aim),
      phase: value(p.phase),
      phases: p.phases.map((stay) => [value(stay.phase), at(stay.from), at(stay.until)]),
      interventions: p.interventions.map((intervention) => intervention.name),
      organisations: p.organisations.map((organisation) => [organisation.name, value(organisation.kind)]),
      region: p.region.name,
      lead: [text(p.lead.name), value(p.lead.profession)],
      participants: p.participants.map((member) => [
        text(member.name),
        value(member.profession),
        member.organisation.name,
      ]),
      bottlenecks: sorted(
        p.bottlenecks.map((bottleneck) => [
          uuid(bottleneck.id),
          html(bottleneck.text),
          value(bottleneck.kind),
          at(bottleneck.raisedAt),
          html(bottleneck.resolution?.solution),
          at(bottleneck.resolution?.at ?? null),
        ]),
      ),
      updates: sorted(p.updates.map((update) => [html(update.text), at(update.at)])),
      cycles: sorted(
        p.cycles.map((cycle) => [
          uuid(cycle.id),
          cycle.number,
          value(cycle.stage),
          text(cycle.aim),
          cycle.starts,
          cycle.ends,
        ]),
      ),
      timeline: p.timeline.nodes.map((entry) => [entry.position, at(entry.at), entry.type, entry.sentence]),
    }),
    fromTheirs: ({ project: p }) => ({
      id: p.rowId,
      version: p.version,
      name: p.name,
      aim: p.aimHtml,
      phase: p.phase,
      phases: p.phaseStays.nodes.map((stay) => [stay.phase, at(stay.from), at(stay.until)]),
      interventions: p.projectInterventions.nodes.map(({ intervention }) => intervention.name),
      organisations: p.projectOrganisations.nodes.map(({ organisation }) => [organisation.name, organisation.kind]),
      region: p.region.name,
      lead: [p.lead.name, p.lead.profession],
      participants: p.participants.nodes.map(({ member }) => [
        member.name,
        member.profession,
        member.organisation.name,
      ]),
      bottlenecks: sorted(
        p.bottlenecks.nodes.map((bottleneck) => [
          bottleneck.rowId,
          bottleneck.textHtml,
          bottleneck.kind,
          at(bottleneck.raisedAt),
          bottleneck.solutionHtml,
          at(bottleneck.resolvedAt),
        ]),
      ),
      updates: sorted(p.projectUpdates.nodes.map((update) => [update.textHtml, at(update.at)])),
      cycles: sorted(
        p.cycles.nodes.map((cycle) => [
          cycle.rowId,
          cycle.number,
          cycle.stage,
          cycle.aim,
          cycle.starts,
          cycle.ends,
        ]),
      ),
      timeline: p.timelineEntries.nodes.map((entry) => [
        Number(entry.position),
        at(entry.at),
        entry.type,
        entry.sentence,
      ]),
    }),
  },
  {
    name: "knowledge page",
    table: "knowledge_page",
    kind: "page",
    one: "ORDER BY id DESC LIMIT 1",
    where: "published_version > 0",
    ours: ours("KNOWLEDGE_PAGE"),
    theirs: `query($id: UUID!) { knowledgePage(rowId: $id) { rowId title publishedVersion publishedAt
      intervention { name } theme { name } editor { name }
      sections { nodes { heading textHtml sources { nodes { question { rowId title answerCount solved }
        answer { rowId bodyHtml author { name } } experience { rowId title outcomeHtml author { name } } } } } } } }`,
    fromOurs: ({ knowledgePage: p }) => ({
      id: uuid(p.id),
      title: text(p.title),
      published: [p.publishedVersion, at(p.publishedAt)],
      intervention: p.intervention.name,
      theme: p.theme.name,
      editor: text(p.editor?.name),
      sections: p.sections.map((section) => ({
        heading: text(section.heading),
        text: html(section.text),
        sources: section.sources.map((source) => {
          if (source.body) {
            return ["answer", uuid(source.id), html(source.body), text(source.author?.name)];
          }
          if (source.answerCount !== undefined) {
            return ["question", uuid(source.id), text(source.title), source.answerCount, source.solved];
          }
          return [
            "experience",
            uuid(source.id),
            text(source.title),
            html(source.outcome),
            text(source.author?.name),
          ];
        }),
      })),
    }),
    fromTheirs: ({ knowledgePage: p }) => ({
      id: p.rowId,
      title: p.title,
      published: [p.publishedVersion, at(p.publishedAt)],
      intervention: p.intervention.name,
      theme: p.theme.name,
      editor: p.editor?.name ?? null,
      sections: p.sections.nodes.map((section) => ({
        heading: section.heading,
        text: section.textHtml,
        sources: section.sources.nodes.map(({ answer, question, experience }) => {
          if (answer) {
            return ["answer", answer.rowId, answer.bodyHtml, answer.author?.name ?? null];
          }
          if (question) {
            return ["question", question.rowId, question.title, question.answerCount, question.solved];
          }
          return [
            "experience",
            experience.rowId,
            experience.title,
            experience.outcomeHtml,
            experience.author?.name ?? null,
          ];
        }),
      })),
    }),
  },
];
