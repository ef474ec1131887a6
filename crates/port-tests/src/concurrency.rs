//! Many at once on the same request, through the use cases.

use nexusflow_application::fakes::fixture::Tenant;
use nexusflow_application::request::Completion;
use nexusflow_application::{Call, Refused, Replay};
use nexusflow_domain::JsonMap;
use nexusflow_domain::access::DenialReason;
use nexusflow_domain::ids::WorkflowId;
use nexusflow_domain::request::{Refusal, RequestStepStatus};
use nexusflow_domain::workflow::Outcome;
use serde_json::{Value, json};

use crate::StorePorts;
use crate::bench::{Bench, refused};
use crate::documents::{approval, sequence, task};

const DECIDERS: usize = 8;

/// Several people who may decide `first`, and a workflow that goes on after it.
async fn crowd(bench: &Bench) -> anyhow::Result<(Vec<Call>, WorkflowId)> {
    let role = bench.acme.role("reviewer").await?;
    let mut people = Vec::new();
    for n in 0..DECIDERS {
        people.push(bench.acme.user(&format!("reviewer{n}"), &[role]).await?);
    }
    let steps = [approval("first", "reviewer", &Value::Null), task("second", "reviewer", &Value::Null)];
    let workflow = bench.acme.publish("two steps", sequence(&steps)?).await?;
    Ok((people, workflow))
}

fn decision(outcome: Outcome) -> Completion {
    Completion { outcome, comment: Some("mine".to_owned()), variables: JsonMap::new(), on_behalf_of: None }
}

pub async fn one_call_sent_several_times_at_once_is_one_decision(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let (people, workflow) = crowd(&bench).await?;
    let request = bench.start(&bench.acme.admin, workflow).await?;
    let step = bench.acme.open_step(request, "first").await?.id;
    let replay = Replay::new("clicked twice".to_owned(), &json!({ "step": step }));
    let tasks = (0..DECIDERS).map(|_| {
        let (service, person, replay) = (bench.application.requests.clone(), people[0].clone(), replay.clone());
        let decide = decision(Outcome::approved());
        tokio::spawn(async move { service.complete(&person, request, step, decide, Some(replay)).await })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await??;
    }
    assert_eq!(bench.steps(request).await?.iter().filter(|row| row.id == step).count(), 1);
    Ok(())
}

pub async fn one_of_many_deciders_wins(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let (people, workflow) = crowd(&bench).await?;
    for _ in 0..3 {
        let request = bench.start(&bench.acme.admin, workflow).await?;
        let step = bench.acme.open_step(request, "first").await?.id;
        let tasks: Vec<_> = people
            .iter()
            .map(|person| {
                let (service, person) = (bench.application.requests.clone(), person.clone());
                let decide = decision(Outcome::approved());
                tokio::spawn(async move { service.complete(&person, request, step, decide, None).await.map(drop) })
            })
            .collect();
        let mut winners = Vec::new();
        for (person, task) in people.iter().zip(tasks) {
            match task.await? {
                Ok(()) => winners.push(person.principal.user),
                result => {
                    let refusal = refused(result)?;
                    assert_eq!(refusal, Refused::Request(Refusal::StepNotOpen { step }));
                }
            }
        }
        assert_eq!(winners.len(), 1, "exactly one decides");
        let steps = bench.steps(request).await?;
        let decided: Vec<_> = steps.iter().filter(|step| step.step.as_str() == "first").collect();
        assert_eq!(decided.len(), 1);
        assert_eq!(decided[0].status, RequestStepStatus::Completed);
        assert_eq!(decided[0].completed_by, winners.first().copied());
        assert_eq!(steps.iter().filter(|step| step.step.as_str() == "second").count(), 1);
        bench.check_fold(request).await?;
    }
    bench.check_intact().await
}

pub async fn one_of_many_claimers_wins(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let (people, workflow) = crowd(&bench).await?;
    let request = bench.start(&bench.acme.admin, workflow).await?;
    let step = bench.acme.open_step(request, "first").await?.id;
    let tasks: Vec<_> = people
        .iter()
        .map(|person| {
            let (service, person) = (bench.application.requests.clone(), person.clone());
            tokio::spawn(async move { service.claim(&person, request, step, None).await.map(drop) })
        })
        .collect();
    let mut winners = 0;
    for task in tasks {
        match task.await? {
            Ok(()) => winners += 1,
            result => match refused(result)? {
                Refused::NotPermitted(denied) => {
                    assert!(matches!(denied.reason, DenialReason::ClaimedByAnother { .. }), "{denied:?}");
                }
                other => anyhow::bail!("{other:?}"),
            },
        }
    }
    assert_eq!(winners, 1);
    bench.check_intact().await
}

pub async fn deciders_of_both_branches_win(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let role = bench.acme.role("reviewer").await?;
    let people = [bench.acme.user("one", &[role]).await?, bench.acme.user("two", &[role]).await?];
    let document = serde_json::from_value(json!({
        "steps": [
            { "key": "start", "name": "Start", "kind": "START" },
            { "key": "fork", "name": "Fork", "kind": "DECISION", "split": "ALL" },
            task("left", "reviewer", &Value::Null),
            task("right", "reviewer", &Value::Null),
            { "key": "meet", "name": "Meet", "kind": "DECISION", "join": "ALL" },
            { "key": "end", "name": "End", "kind": "END" },
        ],
        "transitions": [
            { "from": "start", "to": "fork" },
            { "from": "fork", "to": "left" },
            { "from": "fork", "to": "right" },
            { "from": "left", "to": "meet" },
            { "from": "right", "to": "meet" },
            { "from": "meet", "to": "end" },
        ],
    }))?;
    let workflow = bench.acme.publish("fork", document).await?;
    for _ in 0..4 {
        let request = bench.start(&bench.acme.admin, workflow).await?;
        let branches = ["left", "right"].into_iter().zip(&people).map(|(key, person)| {
            let (tenant, person): (Tenant, Call) = (bench.acme.clone(), person.clone());
            tokio::spawn(async move { tenant.complete(&person, request, key, "COMPLETED").await })
        });
        for branch in branches.collect::<Vec<_>>() {
            branch.await??;
        }
        bench.check_fold(request).await?;
        assert!(bench.load(request).await?.state.status().is_final(), "the join waits for nobody any more");
    }
    bench.check_intact().await
}

pub async fn requests_do_not_hinder_each_other(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let (people, workflow) = crowd(&bench).await?;
    let runs = people.iter().map(|person| {
        let (tenant, person) = (bench.acme.clone(), person.clone());
        tokio::spawn(async move {
            let request = tenant.start(&person, workflow, JsonMap::new()).await?;
            tenant.complete(&person, request, "first", "APPROVED").await?;
            tenant.complete(&person, request, "second", "COMPLETED").await?;
            Ok::<_, nexusflow_application::Error>(request)
        })
    });
    for run in runs.collect::<Vec<_>>() {
        let request = run.await??;
        assert!(bench.load(request).await?.state.status().is_final());
    }
    bench.check_intact().await
}
