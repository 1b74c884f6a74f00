//! Permissions: which classes, order types, times in force, capacities, venues and algorithms the
//! nodes of the account tree and the lanes are granted.
//!
//! Every node on an account's path and the lane must permit. What the path says is folded into one
//! grant per account, so that a permitted order is known to be one after a few comparisons; the
//! path itself is walked only to say who refuses.

use crate::abi::codes::permission_detail as part;
use crate::state::setup::{Account, Setup};

/// Most registered algorithms.
pub const ALGOS_MAX: usize = 4096;
/// Every venue, also those that have no bit of their own.
pub const ALL_VENUES: u64 = u64::MAX;

/// An algorithm in one version. Another version is another id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Algo {
    /// The number that orders carry; not 0.
    pub id: u16,
    /// Its name.
    pub name: String,
    /// Its version, as people call it.
    pub version: String,
    /// May it send orders?
    pub active: bool,
}

/// Which algorithms may send orders.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum AlgoGrant {
    /// Any, known or not, and people.
    #[default]
    Any,
    /// People (algorithm 0), and algorithms that are registered and active.
    Registered,
    /// These alone, while they are active.
    Listed(Vec<u16>),
}

/// What a node (and everything below it) or a lane may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permission {
    /// Bit per instrument class.
    pub classes: u32,
    /// Bit per order type (`abi::order::order_type`).
    pub types: u16,
    /// Bit per order type, of those above, that may go into an auction.
    pub auction_types: u16,
    /// Bit per time in force (`abi::order::tif`).
    pub tifs: u16,
    /// Bit per capacity (0 none, 1 agency, 2 principal, 3 riskless principal).
    pub capacities: u8,
    /// Bit per venue number below 64; larger numbers need [`ALL_VENUES`].
    pub venues: u64,
    /// Which algorithms.
    pub algos: AlgoGrant,
}

impl Permission {
    /// Everything.
    pub const ALL: Permission = Permission {
        classes: u32::MAX,
        types: u16::MAX,
        auction_types: u16::MAX,
        tifs: u16::MAX,
        capacities: u8::MAX,
        venues: ALL_VENUES,
        algos: AlgoGrant::Any,
    };
}

/// Who has a permission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grantee {
    /// A node of the account tree, and everything below it.
    Node(u32),
    /// A lane.
    Lane(u32),
}

/// A permission and who has it. Who is not named may do everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Who.
    pub to: Grantee,
    /// What.
    pub permission: Permission,
}

impl Setup {
    /// Everything that is wrong with algorithms and permissions.
    pub(super) fn verify_permissions(&self, problems: &mut Vec<String>) {
        if self.algos.len() > ALGOS_MAX {
            let count = self.algos.len();
            problems.push(format!("there are {count} algorithms, the most are {ALGOS_MAX}"));
        }
        for (index, algo) in self.algos.iter().enumerate() {
            if algo.id == 0 {
                problems.push(format!("algorithm {}: 0 stands for no algorithm", algo.name));
            }
            if self.algos[..index].iter().any(|earlier| earlier.id == algo.id) {
                problems.push(format!("the algorithm {} stands twice", algo.id));
            }
        }
        for (index, grant) in self.grants.iter().enumerate() {
            let name = match grant.to {
                Grantee::Node(id) => self.accounts.get(id as usize).map(|a| &a.name),
                Grantee::Lane(id) => self.lanes.get(id as usize).map(|l| &l.name),
            };
            let Some(name) = name else {
                problems.push("a permission is for a node or lane that does not exist".into());
                continue;
            };
            if self.grants[..index].iter().any(|earlier| earlier.to == grant.to) {
                problems.push(format!("{name} has two permissions"));
            }
            let AlgoGrant::Listed(ids) = &grant.permission.algos else { continue };
            for id in ids.iter().filter(|id| self.algos.iter().all(|a| a.id != **id)) {
                problems.push(format!("permission of {name}: no algorithm {id} is registered"));
            }
        }
    }
}

/// What an order asks permission for.
#[derive(Clone, Copy, Debug)]
pub struct Request {
    /// Class of its instrument, below 32.
    pub class: u8,
    /// `abi::order::order_type`.
    pub order_type: u8,
    /// `abi::order::tif`.
    pub tif: u8,
    /// Capacity, 0 to 3.
    pub capacity: u8,
    /// Venue.
    pub venue: u16,
    /// Algorithm, 0 for none.
    pub algo: u16,
    /// Is its instrument in an auction?
    pub in_auction: bool,
}

/// Parts of a permission that fit a mask, and whether algorithms have to be looked at.
#[derive(Clone, Copy, Debug)]
struct Mask {
    classes: u32,
    types: u16,
    auction_types: u16,
    tifs: u16,
    capacities: u8,
    venues: u64,
    any_algo: bool,
}

impl Mask {
    const ALL: Mask = Mask {
        classes: u32::MAX,
        types: u16::MAX,
        auction_types: u16::MAX,
        tifs: u16::MAX,
        capacities: u8::MAX,
        venues: ALL_VENUES,
        any_algo: true,
    };

    fn of(p: &Permission) -> Mask {
        Mask {
            classes: p.classes,
            types: p.types,
            auction_types: p.auction_types,
            tifs: p.tifs,
            capacities: p.capacities,
            venues: p.venues,
            any_algo: p.algos == AlgoGrant::Any,
        }
    }

    fn and(self, other: Mask) -> Mask {
        Mask {
            classes: self.classes & other.classes,
            types: self.types & other.types,
            auction_types: self.auction_types & other.auction_types,
            tifs: self.tifs & other.tifs,
            capacities: self.capacities & other.capacities,
            venues: self.venues & other.venues,
            any_algo: self.any_algo & other.any_algo,
        }
    }

    /// The first part that refuses, algorithms aside.
    #[inline]
    fn refuses(&self, r: &Request) -> Option<(u8, u16)> {
        let venue_ok = match r.venue {
            0..64 => self.venues & (1 << r.venue) != 0,
            _ => self.venues == ALL_VENUES,
        };
        if self.classes & (1 << r.class) == 0 {
            Some((part::CLASS, r.class.into()))
        } else if self.types & (1 << r.order_type) == 0 {
            Some((part::TYPE, r.order_type.into()))
        } else if r.in_auction && self.auction_types & (1 << r.order_type) == 0 {
            Some((part::AUCTION_TYPE, r.order_type.into()))
        } else if self.tifs & (1 << r.tif) == 0 {
            Some((part::TIME_IN_FORCE, r.tif.into()))
        } else if self.capacities & (1 << r.capacity) == 0 {
            Some((part::CAPACITY, r.capacity.into()))
        } else if !venue_ok {
            Some((part::VENUE, r.venue))
        } else {
            None
        }
    }
}

/// A refusal: at a node, or by the lane (`None`); which part, and the order's value of it.
pub type Refusal = (Option<u32>, u8, u16);

/// Permissions as the hot path reads them.
pub struct Permissions {
    /// Is anything granted at all? Otherwise everything is permitted.
    any: bool,
    /// Folded over the path, by account.
    accounts: Vec<Mask>,
    lanes: Vec<Mask>,
    /// As they were set, by node and by lane.
    of_nodes: Vec<Option<Permission>>,
    of_lanes: Vec<Option<Permission>>,
    /// Ids of registered algorithms, ascending, and whether each is active.
    algos: Vec<(u16, bool)>,
}

impl Permissions {
    /// The permissions of a setup that was verified.
    pub fn new(setup: &Setup) -> Permissions {
        let mut of_nodes = vec![None; setup.accounts.len()];
        let mut of_lanes = vec![None; setup.lanes.len()];
        for grant in &setup.grants {
            match grant.to {
                Grantee::Node(id) => of_nodes[id as usize] = Some(grant.permission.clone()),
                Grantee::Lane(id) => of_lanes[id as usize] = Some(grant.permission.clone()),
            }
        }
        let mask = |p: &Option<Permission>| p.as_ref().map_or(Mask::ALL, Mask::of);
        let mut accounts: Vec<Mask> = Vec::with_capacity(of_nodes.len());
        for (Account { parent, .. }, own) in setup.accounts.iter().zip(&of_nodes) {
            let above = parent.map_or(Mask::ALL, |p| accounts[p as usize]);
            accounts.push(mask(own).and(above));
        }
        let mut algos: Vec<(u16, bool)> = setup.algos.iter().map(|a| (a.id, a.active)).collect();
        algos.sort_unstable();
        Permissions {
            any: !setup.grants.is_empty(),
            accounts,
            lanes: of_lanes.iter().map(mask).collect(),
            of_nodes,
            of_lanes,
            algos,
        }
    }

    /// The first refusal of an order, nearest to the account first, the lane last. `path` is the
    /// account's, nearest first.
    #[inline]
    pub fn refusal(&self, request: &Request, path: &[u32], lane: u32) -> Option<Refusal> {
        if !self.any {
            return None;
        }
        let mask = self.accounts[path[0] as usize].and(self.lanes[lane as usize]);
        if mask.any_algo && mask.refuses(request).is_none() {
            return None;
        }
        self.walk(request, path, lane)
    }

    #[inline(never)]
    fn walk(&self, request: &Request, path: &[u32], lane: u32) -> Option<Refusal> {
        let refuses = |p: &Option<Permission>| {
            let p = p.as_ref()?;
            Mask::of(p).refuses(request).or_else(|| self.refuses_algo(&p.algos, request.algo))
        };
        let on_path = path.iter().find_map(|node| {
            refuses(&self.of_nodes[*node as usize]).map(|(part, value)| (Some(*node), part, value))
        });
        on_path.or_else(|| {
            refuses(&self.of_lanes[lane as usize]).map(|(part, value)| (None, part, value))
        })
    }

    fn refuses_algo(&self, grant: &AlgoGrant, algo: u16) -> Option<(u8, u16)> {
        let state =
            self.algos.binary_search_by_key(&algo, |(id, _)| *id).map(|at| self.algos[at].1);
        let named = match grant {
            AlgoGrant::Any => return None,
            AlgoGrant::Registered if algo == 0 => return None,
            AlgoGrant::Registered => true,
            AlgoGrant::Listed(ids) => ids.contains(&algo),
        };
        match state {
            _ if !named => Some((part::ALGO, algo)),
            Ok(true) => None,
            Ok(false) => Some((part::ALGO_INACTIVE, algo)),
            Err(_) => Some((part::ALGO_UNKNOWN, algo)),
        }
    }

    /// Is this algorithm registered?
    pub fn knows_algo(&self, id: u16) -> bool {
        self.algos.binary_search_by_key(&id, |(id, _)| *id).is_ok()
    }

    /// Lets an algorithm send orders, or not. One that is not registered is ignored.
    pub fn set_algo(&mut self, id: u16, active: bool) {
        if let Ok(at) = self.algos.binary_search_by_key(&id, |(id, _)| *id) {
            self.algos[at].1 = active;
        }
    }

    /// Registered algorithms and whether each is active, for the state's hash.
    pub fn algos(&self) -> &[(u16, bool)] {
        &self.algos
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::setup::Lane;

    const ASKED: Request = Request {
        class: 1,
        order_type: 2,
        tif: 3,
        capacity: 1,
        venue: 5,
        algo: 0,
        in_auction: true,
    };

    fn setup(grants: Vec<Grant>) -> Setup {
        let account = |name: &str, parent| Account { parent, ..Account::plain(name, None) };
        let algo = |id, active| Algo { id, name: "a".into(), version: "1".into(), active };
        Setup {
            accounts: vec![account("firm", None), account("A", Some(0)), account("B", Some(0))],
            lanes: vec![Lane::unrestricted("l", 0)],
            algos: vec![algo(9, false), algo(7, true)],
            grants,
            ..Setup::default()
        }
    }

    fn refusal(grants: Vec<Grant>, request: &Request) -> Option<Refusal> {
        let setup = setup(grants);
        let mut problems = Vec::new();
        setup.verify_permissions(&mut problems);
        assert!(problems.is_empty(), "{problems:?}");
        Permissions::new(&setup).refusal(request, &[1, 0], 0)
    }

    fn node(id: u32, permission: Permission) -> Grant {
        Grant { to: Grantee::Node(id), permission }
    }

    #[test]
    fn each_part_refuses_where_it_stands() {
        let all = Permission::ALL;
        assert_eq!(refusal(vec![], &ASKED), None);
        assert_eq!(refusal(vec![node(1, all.clone())], &ASKED), None);
        let parts = [
            (Permission { classes: !2, ..all.clone() }, part::CLASS, 1),
            (Permission { types: !4, ..all.clone() }, part::TYPE, 2),
            (Permission { auction_types: !4, ..all.clone() }, part::AUCTION_TYPE, 2),
            (Permission { tifs: !8, ..all.clone() }, part::TIME_IN_FORCE, 3),
            (Permission { capacities: !2, ..all.clone() }, part::CAPACITY, 1),
            (Permission { venues: !32, ..all.clone() }, part::VENUE, 5),
        ];
        for (permission, which, value) in parts {
            let own = refusal(vec![node(1, permission.clone())], &ASKED);
            assert_eq!(own, Some((Some(1), which, value)));
            let above = refusal(vec![node(0, permission.clone())], &ASKED);
            assert_eq!(above, Some((Some(0), which, value)));
            assert_eq!(refusal(vec![node(2, permission.clone())], &ASKED), None);
            let lane = Grant { to: Grantee::Lane(0), permission };
            assert_eq!(refusal(vec![lane], &ASKED), Some((None, which, value)));
        }
    }

    #[test]
    fn types_of_auctions_matter_in_auctions() {
        let permission = Permission { auction_types: !4, ..Permission::ALL };
        let continuous = Request { in_auction: false, ..ASKED };
        assert_eq!(refusal(vec![node(0, permission)], &continuous), None);
    }

    #[test]
    fn large_venue_numbers_need_all_venues() {
        let far = Request { venue: 64, ..ASKED };
        let some = Permission { venues: u64::MAX >> 1, ..Permission::ALL };
        assert_eq!(refusal(vec![node(0, Permission::ALL)], &far), None);
        assert_eq!(refusal(vec![node(0, some)], &far), Some((Some(0), part::VENUE, 64)));
    }

    #[test]
    fn algorithms_are_registered_active_or_listed() {
        let with = |algos: AlgoGrant, algo| {
            let grant = node(0, Permission { algos, ..Permission::ALL });
            refusal(vec![grant], &Request { algo, ..ASKED }).map(|(_, part, _)| part)
        };
        let registered = || AlgoGrant::Registered;
        assert_eq!(with(registered(), 0), None);
        assert_eq!(with(registered(), 7), None);
        assert_eq!(with(registered(), 9), Some(part::ALGO_INACTIVE));
        assert_eq!(with(registered(), 8), Some(part::ALGO_UNKNOWN));
        let listed = || AlgoGrant::Listed(vec![7, 9]);
        assert_eq!(with(listed(), 7), None);
        assert_eq!(with(listed(), 9), Some(part::ALGO_INACTIVE));
        assert_eq!(with(listed(), 0), Some(part::ALGO));
        assert_eq!(with(listed(), 8), Some(part::ALGO));
        assert_eq!(with(AlgoGrant::Any, 8), None);
    }

    #[test]
    fn what_does_not_exist_is_named() {
        let mut setup = setup(vec![node(7, Permission::ALL)]);
        let listed = Permission { algos: AlgoGrant::Listed(vec![8]), ..Permission::ALL };
        setup.grants.extend([node(1, listed), node(1, Permission::ALL)]);
        setup.algos.push(Algo { id: 0, name: "z".into(), version: "1".into(), active: true });
        let mut problems = Vec::new();
        setup.verify_permissions(&mut problems);
        assert_eq!(problems.len(), 4, "{problems:?}");
    }
}
