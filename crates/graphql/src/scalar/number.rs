/// A count as a GraphQL `Int`, which has 32 bits; greater ones stay at the greatest.
pub fn int(count: impl TryInto<i32>) -> i32 {
    count.try_into().unwrap_or(i32::MAX)
}
