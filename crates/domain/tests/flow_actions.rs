//! Steps that NexusFlow carries out itself: at once, or as jobs of its own.

mod job_support;
pub mod support;

use chrono::TimeDelta;
use job_support::{broken, job_of, service, thrown};
use nexusflow_domain::duration::Duration;
use nexusflow_domain::request::{
    ActionCall, ActionFailure, CallBody, Command, HttpCall, Mail, Refusal, RequestEvent, RequestStatus,
};
use nexusflow_domain::workflow::{ActionKind, Candidate, Graph, HttpMethod, compile};
use serde_json::{Value, json};
use support::flow::{catcher, deadline, drawn, otherwise, paths, step, story, tasks, when};
use support::{CLERK, Desk, at, directory, document, edge, framed, map, role, with};

fn done_by(key: &str, action: impl Into<Value>, more: &Value) -> Value {
    let action: Value = action.into();
    step(key, "SERVICE", &with(json!({ "service": action }), more))
}

fn set(key: &str, variables: &Value) -> Value {
    done_by(key, json!({ "set": variables }), &json!({}))
}

fn http(key: &str, more: &Value) -> Value {
    let base = json!({ "url": "'https://api.example.org/orders/' + string(order)" });
    done_by(key, json!({ "http": with(base, more) }), &json!({}))
}

fn mail(more: &Value) -> Value {
    let base = json!({ "to": "customer", "subject": "'Order ' + string(order)", "text": "'Thank you.'" });
    json!({ "email": with(base, more) })
}

fn one(step: Value) -> Graph {
    drawn(&[vec![step]], &[paths(&["start a end"])])
}

fn problems(steps: &[Value], transitions: &[Value]) -> Vec<String> {
    let found = compile(&document(framed(steps, transitions)), &directory());
    let mut paths: Vec<String> =
        found.expect_err("a broken document").into_iter().map(|p| format!("{}: {}", p.path, p.message)).collect();
    paths.sort();
    paths
}

fn problems_of(action: Value, more: &Value) -> Vec<String> {
    problems(&[done_by("a", action, more)], &paths(&["start a end"]))
}

fn failed(code: &str, is_transient: bool) -> ActionFailure {
    ActionFailure { code: code.to_owned(), message: "no".to_owned(), is_transient, retry_after: None }
}

trait Acted {
    fn action_done(&mut self, step: &str, result: &Value) -> Vec<String>;
    fn action_failed(&mut self, step: &str, failure: ActionFailure) -> Vec<RequestEvent>;
    fn call_of(&self, step: &str) -> ActionCall;
}

impl Acted for Desk<'_> {
    fn action_done(&mut self, step: &str, result: &Value) -> Vec<String> {
        let command = Command::CompleteAction { step: self.open(step), result: map(result) };
        let events = self.perform(None, &command).unwrap_or_else(|refusal| panic!("{step}: {refusal}"));
        self.check_fold();
        story(&events)
    }

    fn action_failed(&mut self, step: &str, failure: ActionFailure) -> Vec<RequestEvent> {
        let command = Command::FailAction { step: self.open(step), failure };
        let events = self.perform(None, &command).unwrap_or_else(|refusal| panic!("{step}: {refusal}"));
        self.check_fold();
        events
    }

    fn call_of(&self, step: &str) -> ActionCall {
        let found = self.graph.steps().find(|(_, found)| found.key.as_str() == step).expect("a step").1;
        let input = self.state.open[&self.open(step)].input.clone().expect("an input");
        let action = found.job().and_then(|job| job.action.as_ref()).expect("an action");
        ActionCall::read(action, &input).expect("a call")
    }
}

#[test]
fn set_steps_run_to_the_next_wait_in_one_decision_each_on_what_the_one_before_it_set() {
    let steps = vec![
        set("a", &json!({ "sum": "net + 1", "seen": "[net]" })),
        set("b", &json!({ "sum": "sum * 2", "net": "null" })),
        set("c", &json!({ "seen": "seen + [sum]" })),
    ];
    let graph = drawn(&[steps], &[paths(&["start a b c end"])]);
    let desk = Desk::started(&graph, &json!({ "net": 3 }));
    assert_eq!(
        story(&desk.journal)[2..],
        ["pass start", "pass a", "pass b", "pass c", "pass end", "completed"].map(str::to_owned)
    );
    assert_eq!(Value::Object(desk.state.variables.clone()), json!({ "sum": 8, "seen": [3, 8] }));
    desk.check_fold();
    desk.expect_completed();
}

#[test]
fn the_ways_out_of_a_set_step_are_chosen_on_what_it_set() {
    let steps = vec![set("a", &json!({ "big": "net > 10 ? true : null" }))];
    let graph = drawn(
        &[steps, tasks(&["b", "c"])],
        &[paths(&["start a", "b end", "c end"]), vec![when("a", "b", "big"), otherwise("a", "c")]],
    );
    Desk::started(&graph, &json!({ "net": 11 })).expect_open(&["b"]);
    Desk::started(&graph, &json!({ "net": 10 })).expect_open(&["c"]);
}

#[test]
fn what_opens_behind_a_set_step_is_given_what_it_set() {
    let task = with(tasks(&["b"]).remove(0), &json!({ "input": { "net": "net" } }));
    let graph = drawn(&[vec![set("a", &json!({ "net": "net + 1" })), task]], &[paths(&["start a b end"])]);
    let desk = Desk::started(&graph, &json!({ "net": 1 }));
    assert_eq!(desk.state.open[&desk.open("b")].input, Some(map(&json!({ "net": 2 }))));
}

#[test]
fn branches_that_set_variables_do_so_in_the_order_in_which_they_are_passed() {
    let steps = vec![
        step("fork", "DECISION", &json!({ "split": "ALL" })),
        set("a", &json!({ "way": "way + 'a'" })),
        set("b", &json!({ "way": "way + 'b'" })),
        step("join", "DECISION", &json!({ "join": "ALL" })),
    ];
    let graph = drawn(&[steps], &[paths(&["start fork a join end", "fork b join"])]);
    let desk = Desk::started(&graph, &json!({ "way": "" }));
    assert_eq!(desk.state.variables["way"], json!("ab"));
    desk.expect_completed();
}

#[test]
fn what_a_set_step_cannot_make_is_refused_and_nothing_happens() {
    let graph = drawn(&[tasks(&["t"]), vec![set("a", &json!({ "x": "1 / zero" }))]], &[paths(&["start t a end"])]);
    let mut desk = Desk::started(&graph, &json!({ "zero": 0 }));
    let before = desk.state.clone();
    match desk.complete(CLERK, "t", "COMPLETED") {
        Err(Refusal::NotMade { step, field, .. }) => assert_eq!((step.as_str(), &*field), ("a", "service.set.x")),
        other => panic!("{other:?}"),
    }
    assert_eq!(desk.state, before);
    let growing = (0..12).map(|n| set(&format!("a{n}"), &json!({ format!("s{n}"): "s" }))).collect::<Vec<_>>();
    let way = (0..12).map(|n| format!("a{n}")).collect::<Vec<_>>().join(" ");
    let graph = drawn(&[tasks(&["t"]), growing], &[paths(&[&format!("start t {way} end")])]);
    let mut desk = Desk::started(&graph, &json!({ "s": "x".repeat(25_000) }));
    assert!(matches!(desk.complete(CLERK, "t", "COMPLETED"), Err(Refusal::VariablesTooLarge { .. })));
}

#[test]
fn a_notice_goes_to_a_role_a_person_or_the_requester_in_the_same_decision() {
    let tell = |key: &str, to: Value| {
        let notify = json!({ "to": to, "title": "'Order ' + string(order)", "text": "'It is late.'" });
        done_by(key, json!({ "notify": notify }), &json!({}))
    };
    let steps = vec![
        tell("a", json!({ "role": "chief" })),
        tell("b", json!({ "user": "p2@example.org" })),
        tell("c", json!({ "requester": {} })),
    ];
    let graph = drawn(&[steps], &[paths(&["start a b c end"])]);
    let desk = Desk::started(&graph, &json!({ "order": 7 }));
    let told = desk.journal.iter().filter_map(|event| match event {
        RequestEvent::StepRouted { notice: Some(notice), .. } => Some(notice.clone()),
        _ => None,
    });
    let told: Vec<_> = told.collect();
    let to: Vec<Candidate> = told.iter().map(|notice| notice.to).collect();
    assert_eq!(to, [Candidate::Role(role("chief")), Candidate::User(support::user(2)), Candidate::Requester]);
    assert!(told.iter().all(|notice| notice.title == "Order 7" && notice.text.as_deref() == Some("It is late.")));
    let long = done_by("a", json!({ "notify": { "to": { "requester": {} }, "title": "name" } }), &json!({}));
    let graph = one(long);
    let desk = Desk::started(&graph, &json!({ "name": "é".repeat(201) }));
    let title = desk.journal.iter().find_map(|event| match event {
        RequestEvent::StepRouted { notice, .. } => notice.as_ref().map(|notice| notice.title.clone()),
        _ => None,
    });
    assert_eq!(title, Some(format!("{}…", "é".repeat(199))));
}

#[test]
fn a_cycle_of_steps_done_at_once_is_refused_as_one_of_decisions_is() {
    let steps = [set("a", &json!({ "n": "n + 1" })), set("b", &json!({ "n": "n + 1" }))];
    let mut ways = paths(&["start a b"]);
    ways.extend([when("b", "end", "done"), otherwise("b", "a")]);
    let found = problems(&steps, &ways);
    assert!(found.iter().any(|problem| problem.contains("a cycle of automatic steps never waits")), "{found:?}");
}

#[test]
fn a_service_says_exactly_one_thing_to_do() {
    let expected = "steps[a].service: expected exactly one of `jobType`, `set`, `notify`, `http` and `email`";
    for action in [json!({}), json!({ "jobType": "x", "set": {} }), json!({ "set": {}, "http": { "url": "'x'" } })] {
        assert_eq!(problems_of(action, &json!({})), [expected]);
    }
    let imitating = problems_of(json!({ "jobType": "nexusflow:http" }), &json!({}));
    assert!(imitating[0].starts_with("steps[a].service.jobType: job types that begin with"), "{imitating:?}");
    let agent = json!({ "agent": { "jobType": "nexusflow:x", "instructions": "Do." } });
    let imitating = problems(&[step("a", "AGENT", &agent)], &paths(&["start a end"]));
    assert!(imitating[0].starts_with("steps[a].agent.jobType: job types that begin with"), "{imitating:?}");
}

#[test]
fn what_does_not_belong_to_an_action_is_refused_with_its_place() {
    let at = |found: Vec<String>| found.iter().map(|p| p.split(": ").next().unwrap().to_owned()).collect::<Vec<_>>();
    let set = || json!({ "set": { "x": "1" } });
    let worked = json!({ "input": {}, "output": {}, "outcomes": ["YES"], "multi": { "over": "[1]" } });
    let places = ["steps[a].input", "steps[a].multi", "steps[a].outcomes", "steps[a].output"];
    assert_eq!(at(problems_of(set(), &worked)), places);
    assert_eq!(
        at(problems_of(with(set(), &json!({ "retry": { "attempts": 2 } })), &json!({}))),
        ["steps[a].service.retry"]
    );
    let url = json!({ "url": "'https://x.org'" });
    assert_eq!(
        at(problems_of(json!({ "http": url.clone() }), &json!({ "input": {}, "outcomes": ["A", "B"] }))),
        ["steps[a].input", "steps[a].outcomes"]
    );
    for (field, value, place) in [
        ("timeout", json!("PT6M"), "timeout"),
        ("timeout", json!("PT0S"), "timeout"),
        ("success", json!([199]), "success"),
        ("errors", json!({ "600": "X" }), "errors"),
        ("errors", json!({ "404": "" }), "errors.404"),
        ("headers", json!({ "Host": "'x'" }), "headers.Host"),
        ("headers", json!({ "Idempotency-Key": "'x'" }), "headers.Idempotency-Key"),
        ("headers", json!({ "a b": "'x'" }), "headers.a b"),
        ("query", json!({ "q": 3 }), "query.q"),
        ("body", json!({ "json": { "a": "1 +" } }), "body.json.a"),
    ] {
        let http = with(url.clone(), &json!({ field: value }));
        assert_eq!(at(problems_of(json!({ "http": http }), &json!({}))), [format!("steps[a].service.http.{place}")]);
    }
    let bare = json!({ "email": { "to": "'a@example.org'", "subject": "'x'" } });
    assert_eq!(at(problems_of(bare, &json!({}))), ["steps[a].service.email"]);
    let unknown = json!({ "notify": { "to": { "role": "ghosts" }, "title": "'x'" } });
    assert_eq!(at(problems_of(unknown, &json!({}))), ["steps[a].service.notify.to"]);
    let catching = problems(
        &[done_by("a", set(), &json!({})), catcher("b", "a", None), deadline("c", "a", "PT1S", true)],
        &[paths(&["start a end"]), paths(&["b end", "c end"])].concat(),
    );
    assert_eq!(at(catching), ["steps[b].boundary.attachedTo", "steps[b].boundary.on", "steps[c].boundary.attachedTo"]);
}

#[test]
fn expressions_of_actions_are_checked_by_type_when_they_are_published() {
    let schema =
        json!({ "type": "object", "additionalProperties": false, "properties": { "n": { "type": "integer" } } });
    let check = |action: Value, more: Value| {
        let document = framed(&[done_by("a", action, &more)], &paths(&["start a end"]));
        let found = compile(&self::document(with(document, &json!({ "inputSchema": schema }))), &directory());
        found.err().unwrap_or_default().into_iter().map(|problem| problem.path).collect::<Vec<_>>()
    };
    assert_eq!(check(json!({ "set": { "m": "n + 1" } }), json!({})), [""; 0]);
    assert_eq!(check(json!({ "set": { "m": "n + 'a'" } }), json!({})), ["steps[a].service.set.m"]);
    assert_eq!(check(json!({ "http": { "url": "nn" } }), json!({})), ["steps[a].service.http.url"]);
    let ask = || json!({ "http": { "url": "'https://x.org'" } });
    assert_eq!(check(ask(), json!({ "output": { "n": "result.status", "b": "result.body.x" } })), [""; 0]);
    assert_eq!(check(ask(), json!({ "output": { "n": "result.stauts" } })), ["steps[a].output.n"]);
    assert_eq!(check(mail(&json!({ "to": "n.x", "subject": "''" })), json!({})), ["steps[a].service.email.to"]);
}

#[test]
fn an_http_step_keeps_what_it_is_to_send_and_sets_what_its_output_says() {
    let more = json!({
        "method": "POST", "query": { "full": "true", "none": "null", "n": "2" }, "headers": { "X-Order": "string(order)" },
        "body": { "json": { "first-name": "name", "items": "[order]" } } });
    let graph = one(with(http("a", &more), &json!({ "output": { "id": "result.body.id", "code": "result.status" } })));
    let mut desk = Desk::started(&graph, &json!({ "order": 7, "name": "Ann" }));
    let job = job_of(&desk, "a");
    assert_eq!((job.action, &*job.job_type, job.run_at), (Some(ActionKind::Http), "nexusflow:http", at(0)));
    let text = |pairs: &[(&str, &str)]| pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    let expected = HttpCall {
        method: HttpMethod::Post,
        url: "https://api.example.org/orders/7".to_owned(),
        query: text(&[("full", "true"), ("n", "2")]),
        headers: text(&[("X-Order", "7")]),
        body: Some(CallBody::Json(map(&json!({ "first-name": "Ann", "items": [7] })))),
    };
    assert_eq!(desk.call_of("a"), ActionCall::Http(expected));
    let answer = json!({ "status": 201, "headers": {}, "body": { "id": "x1" } });
    assert_eq!(desk.action_done("a", &answer), ["end a", "pass end", "completed"]);
    assert_eq!(
        Value::Object(desk.state.variables.clone()),
        json!({ "order": 7, "name": "Ann", "id": "x1", "code": 201 })
    );
}

#[test]
fn without_an_output_an_action_sets_nothing_and_what_cannot_be_taken_over_fails_the_step() {
    let graph = one(http("a", &json!({})));
    let mut desk = Desk::started(&graph, &json!({ "order": 7 }));
    desk.action_done("a", &json!({ "status": 200, "headers": {}, "body": null }));
    assert_eq!(Value::Object(desk.state.variables.clone()), json!({ "order": 7 }));
    let graph = one(with(http("a", &json!({})), &json!({ "output": { "id": "result.body.id" } })));
    let mut desk = Desk::started(&graph, &json!({ "order": 7 }));
    assert_eq!(desk.action_done("a", &json!({ "status": 200, "headers": {}, "body": null })), ["fail a"]);
    assert!(desk.state.jobs().is_empty(), "an operator has to look");
}

#[test]
fn a_mail_is_made_of_texts_and_lists_of_texts() {
    let more =
        json!({ "cc": "['b@example.org', 'c@example.org']", "replyTo": "'r@example.org'", "html": "'<p>Hi</p>'" });
    let graph = one(done_by("a", mail(&more), &json!({})));
    let desk = Desk::started(&graph, &json!({ "order": 7, "customer": "a@example.org" }));
    let texts = |all: &[&str]| all.iter().map(|&one| one.to_owned()).collect::<Vec<_>>();
    let expected = Mail {
        to: texts(&["a@example.org"]),
        cc: texts(&["b@example.org", "c@example.org"]),
        bcc: Vec::new(),
        reply_to: Some("r@example.org".to_owned()),
        subject: "Order 7".to_owned(),
        text: Some("Thank you.".to_owned()),
        html: Some("<p>Hi</p>".to_owned()),
    };
    assert_eq!(desk.call_of("a"), ActionCall::Email(expected));
}

#[test]
fn several_instances_of_an_action_are_each_made_of_their_item() {
    let more = json!({ "multi": { "over": "orders", "collect": "answers" } });
    let ask = json!({ "http": { "url": "'https://x.org/' + string(item) + '/' + string(index)" } });
    let graph = one(done_by("a", ask, &more));
    let desk = Desk::started(&graph, &json!({ "orders": [5, 6] }));
    let mut urls: Vec<Value> =
        desk.state.open.values().filter_map(|open| open.input.as_ref()).map(|input| input["url"].clone()).collect();
    urls.sort_by_key(Value::to_string);
    assert_eq!(urls, [json!("https://x.org/5/0"), json!("https://x.org/6/1")]);
}

#[test]
fn workers_can_neither_complete_nor_fail_what_nexusflow_does_itself_nor_the_other_way_round() {
    let graph = one(http("a", &json!({})));
    let mut desk = Desk::started(&graph, &json!({ "order": 7 }));
    assert!(matches!(desk.complete_job("a", None, &json!({})), Err(Refusal::NotAwaited { .. })));
    assert!(matches!(desk.fail_job("a", broken("no")), Err(Refusal::NotAwaited { .. })));
    let graph = one(service("a", &json!({})));
    let mut desk = Desk::started(&graph, &json!({}));
    let command = Command::CompleteAction { step: desk.open("a"), result: map(&json!({})) };
    assert!(matches!(desk.perform(None, &command), Err(Refusal::NotAwaited { .. })));
}

#[test]
fn a_transient_error_is_attempted_again_and_then_thrown() {
    let graph = drawn(
        &[vec![http("a", &json!({})), catcher("busy", "a", Some("HTTP_503"))], tasks(&["call"])],
        &[paths(&["start a end", "busy call end"])],
    );
    let mut desk = Desk::started(&graph, &json!({ "order": 7 }));
    let told = ActionFailure { retry_after: Duration::from_seconds(90), ..failed("HTTP_503", true) };
    for (failure, after) in [(failed("HTTP_503", true), 10), (told, 90)] {
        let events = desk.action_failed("a", failure);
        assert_eq!(story(&events), ["ATTEMPT_FAILED"]);
        assert_eq!(job_of(&desk, "a").run_at, at(after));
    }
    assert_eq!(job_of(&desk, "a").last_error.as_deref(), Some("HTTP_503: no"));
    assert_eq!(
        story(&desk.action_failed("a", failed("HTTP_503", true))),
        ["fire busy", "cancel a", "pass busy", "open call"]
    );
}

#[test]
fn any_other_error_is_thrown_at_once_and_without_a_catcher_the_step_fails() {
    let graph = one(http("a", &json!({ "errors": { "404": "NO_ORDER" } })));
    let mut desk = Desk::started(&graph, &json!({ "order": 7 }));
    assert_eq!(story(&desk.action_failed("a", failed("NO_ORDER", false))), ["fail a"]);
    let open = &desk.state.open[&desk.open("a")];
    assert_eq!(open.failure.as_deref(), Some("NO_ORDER: no"));
    desk.operate(&Command::Retry { step: desk.open("a") }).unwrap();
    assert_eq!((job_of(&desk, "a").failed, desk.state.status()), (0, RequestStatus::InProgress));
}

#[test]
fn a_workflow_may_name_the_errors_that_are_attempted_again() {
    let retry = json!({ "retry": { "on": ["HTTP_409"], "delay": "PT5S" } });
    let ask = with(json!({ "http": { "url": "'https://x.org'" } }), &retry);
    let graph = one(done_by("a", ask, &json!({})));
    let mut desk = Desk::started(&graph, &json!({}));
    assert_eq!(story(&desk.action_failed("a", failed("HTTP_409", false))), ["ATTEMPT_FAILED"]);
    assert_eq!(story(&desk.action_failed("a", failed("HTTP_503", true))), ["fail a"]);
    let graph = one(service("a", &json!({ "service": with(json!({ "jobType": "bill" }), &retry) })));
    let mut desk = Desk::started(&graph, &json!({}));
    assert_eq!(desk.job_failed("a", thrown("HTTP_409")), ["ATTEMPT_FAILED"]);
    assert_eq!(desk.job_failed("a", broken("who knows")), ["ATTEMPT_FAILED"]);
    assert_eq!(desk.job_failed("a", thrown("HTTP_409")), ["fail a"]);
    let mut desk = Desk::started(&graph, &json!({}));
    assert_eq!(desk.job_failed("a", thrown("OTHER")), ["fail a"], "thrown at once, as ever");
}

#[test]
fn a_wish_to_be_asked_later_is_followed_up_to_the_longest_delay() {
    let retry = json!({ "retry": { "delay": "PT5S", "maxDelay": "PT1M" } });
    let graph = one(done_by("a", with(json!({ "http": { "url": "'https://x.org'" } }), &retry), &json!({})));
    let mut desk = Desk::started(&graph, &json!({}));
    let told = ActionFailure { retry_after: Duration::from_seconds(86_400), ..failed("HTTP_429", true) };
    desk.action_failed("a", told);
    assert_eq!(job_of(&desk, "a").run_at, at(60));
}

#[test]
fn jitter_shortens_each_pause_to_no_less_than_half_and_differs_from_step_to_step() {
    let retry = json!({ "retry": { "delay": "PT100S", "backoff": "FIXED", "jitter": true, "attempts": 90 } });
    let ask = || with(json!({ "http": { "url": "'https://x.org'" } }), &retry);
    let more = json!({ "multi": { "over": "[1, 2, 3, 4, 5, 6, 7, 8]" } });
    let graph = one(done_by("a", ask(), &more));
    let mut desk = Desk::started(&graph, &json!({}));
    let ids: Vec<_> = desk.state.jobs().into_keys().collect();
    let mut pauses = std::collections::BTreeSet::new();
    for &step in ids.iter().chain(&ids) {
        let command = Command::FailAction { step, failure: failed("HTTP_503", true) };
        let events = desk.perform(None, &command).unwrap();
        let RequestEvent::AttemptFailed { run_at, .. } = &events[0] else { panic!("{events:?}") };
        let pause = *run_at - at(0);
        assert!((TimeDelta::seconds(50)..=TimeDelta::seconds(100)).contains(&pause), "{pause}");
        pauses.insert(pause);
    }
    assert!(pauses.len() > 12, "they hardly differ: {pauses:?}");
}

#[test]
fn an_edge_that_names_an_outcome_of_a_step_done_at_once_is_refused() {
    let way = with(edge("a", "end"), &json!({ "outcome": "COMPLETED" }));
    let found = problems(&[set("a", &json!({ "x": "1" }))], &[edge("start", "a"), way]);
    assert!(found[1].contains("does not declare the outcome"), "{found:?}");
}
