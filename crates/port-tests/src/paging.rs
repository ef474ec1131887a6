use std::fmt::Debug;

use nexusflow_application::{Edge, Page, PageRequest, StoreError};

/// Checks that a list, read in pages of any size, forward, backward and between any two places, is
/// the list read at once; returns its rows. The list must fit into one page of 100.
pub async fn check_pages<T: Clone + Debug + PartialEq>(
    fetch: impl AsyncFn(PageRequest) -> Result<Page<T>, StoreError>,
) -> anyhow::Result<Vec<T>> {
    let whole = fetch(PageRequest::first(100)).await?;
    assert!(!whole.has_next && !whole.has_previous, "a list that fits into one page has neither side");
    let whole = whole.edges;
    for limit in [1, 2, 3, 5, 100] {
        assert_eq!(walk_forward(&fetch, limit).await?, whole, "forward by {limit}");
        assert_eq!(walk_backward(&fetch, limit).await?, whole, "backward by {limit}");
    }
    for (from, until) in [(0, whole.len().saturating_sub(1)), (whole.len() / 3, whole.len() * 2 / 3)] {
        let (Some(after), Some(before)) = (whole.get(from), whole.get(until)) else { continue };
        let (after, before) = (Some(after.cursor.clone()), Some(before.cursor.clone()));
        for backward in [false, true] {
            let request = PageRequest { limit: 100, after: after.clone(), before: before.clone(), backward };
            let expected = whole.get(from + 1..until).unwrap_or_default();
            assert_eq!(fetch(request).await?.edges, expected, "between {from} and {until}, backward: {backward}");
        }
    }
    Ok(whole.into_iter().map(|edge| edge.node).collect())
}

async fn walk_forward<T>(
    fetch: &impl AsyncFn(PageRequest) -> Result<Page<T>, StoreError>,
    limit: u32,
) -> anyhow::Result<Vec<Edge<T>>> {
    let mut walked = Vec::new();
    loop {
        let after = walked.last().map(|edge: &Edge<T>| edge.cursor.clone());
        let request = PageRequest { limit, after, before: None, backward: false };
        let page = fetch(request).await?;
        anyhow::ensure!(page.edges.len() <= limit as usize, "a page longer than asked for");
        anyhow::ensure!(!page.has_next || !page.edges.is_empty(), "an empty page that says there is more");
        walked.extend(page.edges);
        anyhow::ensure!(walked.len() <= 100, "the walk forward does not end");
        if !page.has_next {
            return Ok(walked);
        }
    }
}

async fn walk_backward<T>(
    fetch: &impl AsyncFn(PageRequest) -> Result<Page<T>, StoreError>,
    limit: u32,
) -> anyhow::Result<Vec<Edge<T>>> {
    let mut pages: Vec<Vec<Edge<T>>> = Vec::new();
    loop {
        let before = pages.last().and_then(|page| page.first()).map(|edge| edge.cursor.clone());
        let page = fetch(PageRequest { limit, after: None, before, backward: true }).await?;
        anyhow::ensure!(page.edges.len() <= limit as usize, "a page longer than asked for");
        anyhow::ensure!(!page.has_previous || !page.edges.is_empty(), "an empty page that says there is more");
        pages.push(page.edges);
        anyhow::ensure!(pages.len() <= 101, "the walk backward does not end");
        if !page.has_previous {
            return Ok(pages.into_iter().rev().flatten().collect());
        }
    }
}
