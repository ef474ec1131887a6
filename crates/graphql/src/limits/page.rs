/// Items of a page when the client names no number.
pub const DEFAULT_PAGE: usize = 20;

/// Items of a page at most.
pub const MAX_PAGE: usize = 100;

/// Costs above this are all the same; low enough that sums of them cannot overflow.
const CEILING: usize = 1 << 40;

/// What a connection costs: one for itself and, for each item it may return, what is selected of it.
///
/// For `#[graphql(complexity = "page_cost(first, last, child_complexity)")]`. Never overflows, and
/// an out-of-range page size costs as much as the greatest one: the resolver refuses it anyway.
pub fn page_cost(first: Option<i32>, last: Option<i32>, child_complexity: usize) -> usize {
    let items = first.or(last).map_or(DEFAULT_PAGE, |n| usize::try_from(n).unwrap_or(0).clamp(1, MAX_PAGE));
    child_complexity.saturating_mul(items).saturating_add(1).min(CEILING)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_costs_its_children_times_its_size() {
        assert_eq!(page_cost(None, None, 3), 61);
        assert_eq!(page_cost(Some(10), None, 3), 31);
        assert_eq!(page_cost(None, Some(5), 3), 16);
    }

    #[test]
    fn absurd_sizes_neither_overflow_nor_come_cheap() {
        assert_eq!(page_cost(Some(i32::MAX), None, 1), 101);
        assert_eq!(page_cost(Some(-1), None, 7), 8);
        assert_eq!(page_cost(Some(100), None, usize::MAX), CEILING);
    }
}
