//! In-memory fakes of every port, for tests of other layers.
