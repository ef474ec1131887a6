#![expect(clippy::unused_async, reason = "resolvers are asynchronous, whatever they do")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_graphql::{
    Context, Error, ErrorExtensions, ID, Object, Request, Result, Schema, SchemaBuilder, SimpleObject, Subscription,
};
use chrono::{DateTime, Utc};
use futures::{Stream, StreamExt};
use nexusflow_graphql::Caller;
use nexusflow_graphql::limits::page_cost;

/// What mutations have done.
#[derive(Clone, Default)]
pub struct Effects(pub Arc<AtomicUsize>);

pub fn schema(effects: Effects) -> SchemaBuilder<Query, Mutation, Subscription> {
    Schema::build(Query, Mutation, Subscription).data(effects)
}

pub fn attach(request: Request, caller: Caller) -> Request {
    request.data(caller)
}

pub struct Query;

#[Object]
impl Query {
    async fn hello(&self) -> &str {
        "world"
    }

    async fn echo(&self, text: String) -> String {
        text
    }

    async fn year(&self, at: DateTime<Utc>) -> String {
        at.to_rfc3339()
    }

    /// Who calls.
    async fn me(&self, ctx: &Context<'_>) -> Option<ID> {
        caller(ctx).call.as_ref().map(|call| ID(call.principal.user.to_string()))
    }

    /// Address, client and correlation id as the server has them.
    async fn origin(&self, ctx: &Context<'_>) -> Vec<Option<String>> {
        let origin = &caller(ctx).origin;
        vec![origin.ip.clone(), origin.user_agent.clone(), origin.correlation_id.clone()]
    }

    async fn node(&self) -> Node {
        Node
    }

    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    async fn nodes(&self, first: Option<i32>, last: Option<i32>) -> Vec<Node> {
        let _ = (first, last);
        vec![Node]
    }

    /// Fails with something that clients must not see.
    async fn fail(&self) -> Result<Option<i32>> {
        Err(Error::new("password of the database: hunter2"))
    }

    async fn forbidden(&self) -> Result<Option<i32>> {
        Err(Error::new("not for you").extend_with(|_, extensions| extensions.set("code", "FORBIDDEN")))
    }

    async fn panic(&self) -> i32 {
        bug()
    }

    async fn slow(&self) -> i32 {
        tokio::time::sleep(Duration::from_mins(1)).await;
        1
    }
}

fn bug() -> i32 {
    panic!("a bug")
}

fn caller<'a>(ctx: &Context<'a>) -> &'a Caller {
    ctx.data_unchecked::<Caller>()
}

pub struct Node;

#[Object]
impl Node {
    async fn node(&self) -> Node {
        Node
    }

    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    async fn nodes(&self, first: Option<i32>, last: Option<i32>) -> Vec<Node> {
        let _ = (first, last);
        vec![Node]
    }

    async fn leaf(&self) -> i32 {
        1
    }

    /// Fails where null is not allowed.
    async fn broken(&self) -> Result<i32> {
        Err(Error::new("broken"))
    }

    async fn maybe(&self) -> Option<Node> {
        Some(Node)
    }

    async fn maybe_nodes(&self) -> Vec<Option<Node>> {
        vec![Some(Node), None, Some(Node)]
    }
}

pub struct Mutation;

#[Object]
impl Mutation {
    async fn count(&self, ctx: &Context<'_>) -> usize {
        ctx.data_unchecked::<Effects>().0.fetch_add(1, Ordering::SeqCst) + 1
    }

    /// Counts after a moment.
    async fn count_slowly(&self, ctx: &Context<'_>) -> usize {
        tokio::time::sleep(Duration::from_millis(600)).await;
        ctx.data_unchecked::<Effects>().0.fetch_add(1, Ordering::SeqCst) + 1
    }
}

#[derive(SimpleObject)]
pub struct Tick {
    cursor: String,
    number: i32,
}

pub struct Subscription;

#[Subscription]
impl Subscription {
    /// The numbers after a cursor, up to one.
    async fn ticks(&self, after: Option<String>, to: i32) -> impl Stream<Item = Tick> {
        let from = after.and_then(|cursor| cursor.strip_prefix("c")?.parse::<i32>().ok()).unwrap_or(0) + 1;
        futures::stream::iter(from..=to).map(|number| Tick { cursor: format!("c{number}"), number })
    }

    /// One number, then silence.
    async fn open(&self) -> impl Stream<Item = i32> {
        futures::stream::once(async { 1 }).chain(futures::stream::pending())
    }

    /// A number every 20 ms.
    async fn clock(&self) -> impl Stream<Item = i32> {
        futures::stream::unfold(0, |number| async move {
            tokio::time::sleep(Duration::from_millis(20)).await;
            Some((number, number + 1))
        })
    }

    async fn refused(&self) -> Result<impl Stream<Item = i32>> {
        let error = Error::new("not for you").extend_with(|_, extensions| extensions.set("code", "FORBIDDEN"));
        if true { Err(error) } else { Ok(futures::stream::empty()) }
    }

    async fn panic(&self) -> impl Stream<Item = i32> {
        futures::stream::iter(0..2).map(|number| if number == 1 { panic!("a bug") } else { number })
    }
}
