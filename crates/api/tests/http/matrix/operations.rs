//! Everything that can be asked, from the schema itself, each with arguments that make sense in the world of the matrix.

use std::{
    collections::HashMap,
    sync::atomic::{AtomicU32, Ordering},
};

use async_graphql::{
    Positioned,
    parser::types::{BaseType, InputValueDefinition, Type, TypeDefinition, TypeKind, TypeSystemDefinition},
};
use serde_json::{Map, Value, json};

use super::world::{self, Matrix};

/// How many tries had to differ so far: each test has a process and a database of its own.
static TRIES: AtomicU32 = AtomicU32::new(0);

/// A field of `Query`, `Mutation` or `Subscription` with what is asked of it.
#[derive(Clone, Debug)]
pub(super) struct Operation {
    root: &'static str,
    field: String,
    pub(super) document: String,
    variables: Map<String, Value>,
}

impl Operation {
    /// As it stands in the table.
    pub(super) fn name(&self) -> String {
        format!("{} {}", self.root, self.field)
    }

    pub(super) fn is_subscription(&self) -> bool {
        self.root == "subscription"
    }

    /// The variables; what has to differ from one try to the next does.
    pub(super) fn variables(&self) -> Value {
        let mut text = Value::Object(self.variables.clone()).to_string();
        if text.contains("{unique}") {
            text = text.replace("{unique}", &format!("n{}", TRIES.fetch_add(1, Ordering::Relaxed)));
        }
        serde_json::from_str(&text).expect("json")
    }
}

/// The schema by its types.
struct Schema<'a> {
    types: HashMap<String, TypeDefinition>,
    matrix: &'a Matrix,
}

/// Every operation, in the order of the schema.
pub(super) fn all(matrix: &Matrix) -> Vec<Operation> {
    let document = async_graphql::parser::parse_schema(api::sdl()).expect("a schema");
    let types = document.definitions.into_iter().filter_map(|definition| match definition {
        TypeSystemDefinition::Type(Positioned { node, .. }) => Some((node.name.node.to_string(), node)),
        TypeSystemDefinition::Schema(_) | TypeSystemDefinition::Directive(_) => None,
    });
    let schema = Schema { types: types.collect(), matrix };
    let roots = [("Query", "query"), ("Mutation", "mutation"), ("Subscription", "subscription")];
    roots.into_iter().flat_map(|(name, root)| schema.operations(name, root)).collect()
}

impl Schema<'_> {
    fn operations(&self, name: &str, root: &'static str) -> Vec<Operation> {
        let TypeKind::Object(object) = &self.types[name].kind else { panic!("{name} has fields") };
        let operation = |Positioned { node: field, .. }: &Positioned<_>| {
            let field: &async_graphql::parser::types::FieldDefinition = field;
            let name = field.name.node.as_str();
            let (mut declared, mut passed, mut variables) = (Vec::new(), Vec::new(), Map::new());
            for Positioned { node: argument, .. } in &field.arguments {
                let argument_name = argument.name.node.as_str();
                if let Some(value) = self.value(name, argument) {
                    declared.push(format!("${argument_name}: {}", argument.ty.node));
                    passed.push(format!("{argument_name}: ${argument_name}"));
                    variables.insert(argument_name.to_owned(), value);
                }
            }
            let list = |opening: &str, parts: &[String], closing: &str| {
                if parts.is_empty() { String::new() } else { format!("{opening}{}{closing}", parts.join(", ")) }
            };
            let (declared, passed) = (list("(", &declared, ")"), list("(", &passed, ")"));
            let selection = self.selection(&field.ty.node);
            Operation {
                root,
                field: name.to_owned(),
                document: format!("{root}{declared} {{ tried: {name}{passed}{selection} }}"),
                variables,
            }
        };
        object.fields.iter().map(operation).collect()
    }

    /// What is asked of what comes back: as little as can be.
    fn selection(&self, of: &Type) -> &'static str {
        let kind = named(of).map(|name| &self.types.get(name).expect("a type of the schema").kind);
        match kind {
            Some(TypeKind::Union(union)) if union.members.iter().any(|member| member.node == "Refusal") => {
                " { __typename ... on Refusal { code } }"
            }
            Some(TypeKind::Scalar | TypeKind::Enum(_)) | None => "",
            Some(_) => " { __typename }",
        }
    }

    /// A value for an argument or a field of an input; nothing where it may be left out.
    fn value(&self, of: &str, input: &InputValueDefinition) -> Option<Value> {
        let name = input.name.node.as_str();
        if let Some(value) = self.matrix.particular(of, name) {
            return Some(value);
        }
        let needed = !input.ty.node.nullable && input.default_value.is_none();
        needed.then(|| self.of_type(of, name, &input.ty.node))
    }

    fn of_type(&self, of: &str, name: &str, wanted: &Type) -> Value {
        let base = match &wanted.base {
            BaseType::List(element) => return json!([self.of_type(of, name, element)]),
            BaseType::Named(base) => base.as_str(),
        };
        match base {
            "ID" => json!(self.matrix.id(name).unwrap_or_else(|| panic!("no thing for {name} of {of}"))),
            "String" => world::text(name),
            "Boolean" => json!(false),
            "Int" | "Position" => json!(1),
            "Date" => json!("2026-09-01"),
            _ => match &self.types.get(base).unwrap_or_else(|| panic!("no value for {base} of {of}")).kind {
                TypeKind::Enum(choices) => json!(choices.values[0].node.value.node.as_str()),
                TypeKind::InputObject(object) => {
                    let fields = object.fields.iter().map(|field| &field.node);
                    let given = fields.filter_map(|field| Some((field.name.to_string(), self.value(base, field)?)));
                    Value::Object(given.collect())
                }
                _ => panic!("no value for {base} of {of}"),
            },
        }
    }
}

/// The name of a type, when it is one of the schema's own.
fn named(of: &Type) -> Option<&str> {
    match &of.base {
        BaseType::List(element) => named(element),
        BaseType::Named(name) if ["String", "Boolean", "Int", "Float", "ID"].contains(&name.as_str()) => None,
        BaseType::Named(name) => Some(name),
    }
}
