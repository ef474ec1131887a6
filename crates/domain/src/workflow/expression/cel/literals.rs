use cel::common::ast::LiteralValue;

use crate::workflow::expression::tree::Constant;

/// The literal's value; none for bytes.
pub(super) fn constant(literal: &LiteralValue) -> Option<Constant> {
    Some(match literal {
        LiteralValue::Null => Constant::Null,
        LiteralValue::Boolean(value) => Constant::Bool(*value.inner()),
        LiteralValue::Int(value) => Constant::Int(*value.inner()),
        LiteralValue::UInt(value) => Constant::Uint(*value.inner()),
        LiteralValue::Double(value) => Constant::Double(*value.inner()),
        LiteralValue::String(value) => Constant::Text(value.inner().into()),
        LiteralValue::Bytes(_) => return None,
    })
}

/// Whether a sign was read into the literal.
pub(super) fn is_negative(constant: &Constant) -> bool {
    match constant {
        Constant::Int(value) => *value < 0,
        Constant::Double(value) => value.is_sign_negative(),
        Constant::Null | Constant::Bool(_) | Constant::Uint(_) | Constant::Text(_) => false,
    }
}
