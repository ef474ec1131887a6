//! Short forms for steps of several instances.

use nexusflow_domain::ids::RequestStepId;
use nexusflow_domain::request::{Command, Refusal, RequestEvent, Work};
use nexusflow_domain::workflow::Graph;
use serde_json::{Value, json};

use super::flow::{drawn, paths, story};
use super::{CLERK, Desk, map, outcome, task, with};

/// start → each → after → end: the task `each` once for every item of the variable `items`.
pub fn each(multi: &Value) -> Graph {
    each_with(multi, &json!({}))
}

/// As [`each`], with further fields of the task.
pub fn each_with(multi: &Value, more: &Value) -> Graph {
    let fields = with(json!({ "multi": with(json!({ "over": "items" }), multi), "required": false }), more);
    drawn(&[vec![task("each", &fields), task("after", &json!({}))]], &[paths(&["start each after end"])])
}

/// A request with so many items, their numbers from 0.
pub fn with_items(graph: &Graph, count: usize) -> Desk<'_> {
    Desk::started(graph, &json!({ "items": (0..count).collect::<Vec<_>>() }))
}

impl Desk<'_> {
    /// The execution that all instances belong to.
    pub fn host(&self) -> RequestStepId {
        let mut hosts = self.state.open.iter().filter(|(_, open)| matches!(open.work, Work::Multi(_)));
        let (&id, _) = hosts.next().expect("a step of several instances is open");
        assert!(hosts.next().is_none(), "only one is open");
        id
    }

    /// The open instance of this number.
    pub fn instance(&self, index: u32) -> RequestStepId {
        let of_index = |open: &nexusflow_domain::request::OpenStep| open.instance.is_some_and(|i| i.index == index);
        let found = self.state.open.iter().find(|(_, open)| of_index(open));
        *found.unwrap_or_else(|| panic!("the instance {index} is open: {:?}", self.numbers())).0
    }

    /// The numbers of the open instances.
    pub fn numbers(&self) -> Vec<u32> {
        let mut numbers: Vec<u32> = self.state.open.values().filter_map(|open| Some(open.instance?.index)).collect();
        numbers.sort_unstable();
        numbers
    }

    /// A clerk ends an instance.
    pub fn end_instance(&mut self, index: u32, with: &str, variables: &Value) -> Result<Vec<RequestEvent>, Refusal> {
        let step = self.instance(index);
        let command = Command::Complete { step, outcome: outcome(with), comment: None, variables: map(variables) };
        let events = self.act(CLERK, &command)?;
        self.check_fold();
        Ok(events)
    }

    /// A clerk ends an instance as planned; what that leads to.
    pub fn did(&mut self, index: u32) -> Vec<String> {
        story(&self.end_instance(index, "COMPLETED", &json!({})).expect("the instance ends"))
    }
}
