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
