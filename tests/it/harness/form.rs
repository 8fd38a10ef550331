//! Parameters that a test may change.

#[derive(Clone)]
pub(crate) struct Form(Vec<(String, String)>);

impl Form {
    pub(crate) fn of(fields: &[(&str, &str)]) -> Self {
        Self(fields.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect())
    }

    /// With this value instead of another one.
    pub(crate) fn with(self, name: &str, value: &str) -> Self {
        self.without(name).and(name, value)
    }

    /// With this value beside another one.
    pub(crate) fn and(mut self, name: &str, value: &str) -> Self {
        self.0.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.0.retain(|(known, _)| known != name);
        self
    }

    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn encoded(&self) -> String {
        url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.0).finish()
    }

    /// The one form of a page: its action, and its hidden fields.
    pub(crate) fn on(page: &str) -> (String, Self) {
        let Some(form) = page.split("<form").nth(1) else { panic!("no form: {page}") };
        let hidden = form.split("<input type=\"hidden\"").skip(1);
        let fields = hidden.map(|tag| (attribute(tag, "name"), attribute(tag, "value")));
        (attribute(form, "action"), Self(fields.collect()))
    }
}

fn attribute(tag: &str, name: &str) -> String {
    let start = format!("{name}=\"");
    let value = tag.split(&start).nth(1).unwrap().split('"').next().unwrap();
    let codes = [("&#x2f;", "/"), ("&#x27;", "'"), ("&quot;", "\""), ("&lt;", "<"), ("&gt;", ">")];
    let plain = codes.iter().fold(value.to_owned(), |text, (code, c)| text.replace(code, c));
    plain.replace("&amp;", "&")
}
