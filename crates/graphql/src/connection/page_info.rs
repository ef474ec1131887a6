use async_graphql::SimpleObject;

/// Where a page stands within its list.
#[derive(Debug, Clone, Default, SimpleObject)]
pub struct PageInfo {
    /// Whether items precede the first one.
    pub has_previous_page: bool,
    /// Whether items follow the last one.
    pub has_next_page: bool,
    /// The first item's place; null when the page is empty.
    pub start_cursor: Option<String>,
    /// The last item's place; null when the page is empty.
    pub end_cursor: Option<String>,
}

/// Where a page stands whose items have these cursors.
pub(crate) fn page_info<'a>(
    mut cursors: impl DoubleEndedIterator<Item = &'a str> + Clone,
    has_previous_page: bool,
    has_next_page: bool,
) -> PageInfo {
    let start_cursor = cursors.clone().next().map(ToOwned::to_owned);
    let end_cursor = cursors.next_back().map(ToOwned::to_owned);
    PageInfo { has_previous_page, has_next_page, start_cursor, end_cursor }
}
