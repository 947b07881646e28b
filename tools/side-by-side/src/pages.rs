use crate::error::{Problem, Result};
pub fn write(
    _: &crate::project::Project,
    _: &crate::original::Original,
    _: &std::path::Path,
) -> Result<Vec<Problem>> {
    Ok(Vec::new())
}
