//! The functions and operators of CEL's standard library that expressions may use.

/// A binary operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
}

impl Operator {
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Remainder => "%",
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::In => "in",
        }
    }
}

/// How a function is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// `size(x)`
    Global,
    /// `x.startsWith(y)`
    Method,
    /// Both.
    Either,
}

macro_rules! functions {
    ($($name:ident = $text:literal, $style:ident, $arguments:literal;)*) => {
        /// A function. `matches` is a form of its own: its pattern is compiled with the expression.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Function {
            $($name,)*
        }

        impl Function {
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            pub const fn style(self) -> Style {
                match self { $(Self::$name => Style::$style,)* }
            }

            /// How many arguments it takes, the receiver included.
            pub const fn arguments(self) -> usize {
                match self { $(Self::$name => $arguments,)* }
            }

            pub fn of_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|function| function.name() == name)
            }
        }
    };
}

functions! {
    Size = "size", Either, 1;
    Contains = "contains", Method, 2;
    StartsWith = "startsWith", Method, 2;
    EndsWith = "endsWith", Method, 2;
    ToInt = "int", Global, 1;
    ToUint = "uint", Global, 1;
    ToDouble = "double", Global, 1;
    ToText = "string", Global, 1;
    ToBool = "bool", Global, 1;
    ToType = "type", Global, 1;
    ToDynamic = "dyn", Global, 1;
    ToTimestamp = "timestamp", Global, 1;
    ToDuration = "duration", Global, 1;
    FullYear = "getFullYear", Method, 1;
    Month = "getMonth", Method, 1;
    DayOfYear = "getDayOfYear", Method, 1;
    DayOfMonth = "getDayOfMonth", Method, 1;
    Date = "getDate", Method, 1;
    DayOfWeek = "getDayOfWeek", Method, 1;
    Hours = "getHours", Method, 1;
    Minutes = "getMinutes", Method, 1;
    Seconds = "getSeconds", Method, 1;
    Milliseconds = "getMilliseconds", Method, 1;
}
