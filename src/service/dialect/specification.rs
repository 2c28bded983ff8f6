//! Pieces of the OpenAPI document: each dialect describes its routes with them.

use serde_json::{Map, Value, json};

/// A route as a dialect describes it.
pub(super) struct Operation {
    pub(super) summary: &'static str,
    pub(super) parameters: Vec<Value>,
    /// The schema of a JSON body.
    pub(super) body: Option<Value>,
    /// By status.
    pub(super) responses: Vec<(&'static str, Value)>,
}

impl Operation {
    /// One that is asked nothing.
    pub(super) fn plain(summary: &'static str, schema: Value) -> Self {
        Self {
            summary,
            parameters: Vec::new(),
            body: None,
            responses: vec![("200", answer("the answer", schema))],
        }
    }

    /// With parameters.
    pub(super) fn with(mut self, parameters: Vec<Value>) -> Self {
        self.parameters.extend(parameters);
        self
    }

    /// With a body.
    pub(super) fn with_body(mut self, schema: Value) -> Self {
        self.body = Some(schema);
        self
    }

    /// With errors of one shape.
    pub(super) fn with_errors(mut self, schema: &Value, statuses: &[&'static str]) -> Self {
        for status in statuses {
            let response = answer("an error", schema.clone());
            self.responses.push((status, response));
        }
        self
    }

    /// With another response.
    pub(super) fn with_response(mut self, status: &'static str, response: Value) -> Self {
        self.responses.push((status, response));
        self
    }

    /// As the document has it.
    pub(super) fn write(self, tag: &str) -> Value {
        let mut operation = json!({
            "tags": [tag],
            "summary": self.summary,
            "responses": self.responses.into_iter().map(|(status, response)| (status.to_owned(), response))
                .collect::<Map<_, _>>(),
        });
        if !self.parameters.is_empty() {
            operation["parameters"] = self.parameters.into();
        }
        if let Some(schema) = self.body {
            let content = json!({"application/json": {"schema": schema}});
            operation["requestBody"] = json!({"required": true, "content": content});
        }
        operation
    }
}

/// A response in JSON.
pub(super) fn answer(description: &str, schema: Value) -> Value {
    json!({"description": description, "content": {"application/json": {"schema": schema}}})
}

/// A response in another type.
pub(super) fn answer_in(content_type: &str, description: &str) -> Value {
    json!({"description": description, "content": {content_type: {"schema": {"type": "string"}}}})
}

/// A part of the path.
pub(super) fn in_path(name: &str, example: &str, description: &str) -> Value {
    json!({
        "name": name, "in": "path", "required": true, "description": description,
        "schema": {"type": "string"}, "example": example,
    })
}

/// A part of the address's query that may be left out.
pub(super) fn in_query(name: &str, schema: Value, description: &str) -> Value {
    json!({"name": name, "in": "query", "description": description, "schema": schema})
}

/// An object with these required properties, and perhaps others.
pub(super) fn object(properties: Value) -> Value {
    let names: Vec<&String> = properties
        .as_object()
        .into_iter()
        .flat_map(Map::keys)
        .collect();
    json!({"type": "object", "required": names, "properties": properties})
}

/// An object by names that vary.
pub(super) fn by_name(schema: Value) -> Value {
    json!({"type": "object", "additionalProperties": schema})
}

/// A probability.
pub(super) fn probability() -> Value {
    json!({"type": "number", "minimum": 0, "maximum": 1})
}

/// A text.
pub(super) fn text() -> Value {
    json!({"type": "string"})
}

/// Paths with their operations by method, under one tag.
pub(super) fn tagged(tag: &str, routes: Vec<(&str, impl Into<String>, Operation)>) -> Value {
    let mut paths = Map::new();
    for (method, path, operation) in routes {
        let place = paths
            .entry(path)
            .or_insert_with(|| Value::Object(Map::new()));
        place[method] = operation.write(tag);
    }
    Value::Object(paths)
}
