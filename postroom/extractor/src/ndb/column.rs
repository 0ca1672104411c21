//! A column of ids: four bytes each while they fit, eight from the first that does not.

/// Ids in the order in which they came.
#[derive(Debug)]
pub enum Column {
    Narrow(Vec<u32>),
    Wide(Vec<u64>),
}

impl Default for Column {
    fn default() -> Self {
        Self::Narrow(Vec::new())
    }
}

impl Column {
    pub fn push(&mut self, id: u64) {
        match (&mut *self, u32::try_from(id)) {
            (Self::Narrow(ids), Ok(small)) => ids.push(small),
            (Self::Narrow(ids), Err(_)) => {
                let mut wide: Vec<u64> = ids.iter().map(|&small| u64::from(small)).collect();
                wide.push(id);
                *self = Self::Wide(wide);
            }
            (Self::Wide(ids), _) => ids.push(id),
        }
    }

    pub fn get(&self, at: usize) -> Option<u64> {
        match self {
            Self::Narrow(ids) => ids.get(at).map(|&small| u64::from(small)),
            Self::Wide(ids) => ids.get(at).copied(),
        }
    }

    pub fn len(&self) -> usize {
        match self {
            Self::Narrow(ids) => ids.len(),
            Self::Wide(ids) => ids.len(),
        }
    }

    /// Where the first id that is not less than `wanted` stands, if the column is sorted.
    pub fn lower_bound(&self, wanted: u64) -> usize {
        match self {
            Self::Narrow(ids) => ids.partition_point(|&small| u64::from(small) < wanted),
            Self::Wide(ids) => ids.partition_point(|&id| id < wanted),
        }
    }

    pub fn is_sorted(&self) -> bool {
        match self {
            Self::Narrow(ids) => ids.is_sorted(),
            Self::Wide(ids) => ids.is_sorted(),
        }
    }

    /// The same ids in another order.
    #[must_use]
    pub fn reordered(&self, order: &[u32]) -> Self {
        let mut column = Self::default();
        order
            .iter()
            .filter_map(|&at| self.get(at as usize))
            .for_each(|id| column.push(id));
        column
    }

    pub fn shrink_to_fit(&mut self) {
        match self {
            Self::Narrow(ids) => ids.shrink_to_fit(),
            Self::Wide(ids) => ids.shrink_to_fit(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_widens_when_it_must_and_keeps_its_ids() {
        let mut column = Column::default();
        let ids = [1, 7, u64::from(u32::MAX), 1 << 40];
        ids.iter().for_each(|&id| column.push(id));
        assert!(matches!(column, Column::Wide(_)));
        assert_eq!(
            (0..4).filter_map(|at| column.get(at)).collect::<Vec<_>>(),
            ids
        );
        assert_eq!(column.lower_bound(8), 2);
        assert_eq!(column.reordered(&[1, 0]).get(0), Some(7));
    }
}
