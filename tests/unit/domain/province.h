#pragma once
// The fictional province Sông Trăng with its authority keys and first office device, and what its
// people sign.

#include <functional>
#include <numeric>
#include "../base/seeded_random.h"
#include "domain/directory.h"
#include "domain/invitation.h"

namespace test {

namespace roles = domain::roles;

struct Member {
    explicit Member(SeededRandom& random)
        : device(crypto::SigningKey::generate(random)),
          officer(crypto::SigningKey::generate(random)),
          exchange(crypto::ExchangeKeyPair::generate(random)),
          incarnation(random.make<base::IncarnationId>()) {}
    base::DeviceId id(const base::ProvinceId& province) const {
        return domain::deviceIdOf(province, device.publicKey);
    }
    crypto::SigningKey device;
    crypto::SigningKey officer;
    crypto::ExchangeKeyPair exchange;
    base::IncarnationId incarnation;
};

struct Ticket {
    domain::InvitationKeys keys;
    domain::Invited change;
};

class Province {
public:
    using Encode = std::function<base::Bytes(const domain::Genesis&)>;
    static constexpr base::TimeMs kFounded = 1'756'600'000'000;

    explicit Province(
        std::size_t authorityKeys = 3, std::uint8_t threshold = 2,
        const Encode& encode =
            [](const domain::Genesis& g) { return base::copy(g.officerKey.view()); })
        : office(random) {
        domain::Genesis g;
        for (std::size_t i = 0; i < authorityKeys; ++i) {
            authority.push_back(crypto::SigningKey::generate(random));
            g.authorityKeys.push_back(authority.back().publicKey);
        }
        g.name = "Tỉnh Sông Trăng";
        g.code = "ST";
        g.threshold = threshold;
        g.recoveryKey = random.make<base::ExchangeKey>();
        g.charter = {{}, 1, random.make<base::ExchangeKey>(), headKey.publicKey};
        g.deviceKey = office.device.publicKey;
        g.exchangeKey = office.exchange.publicKey;
        g.officerName = "Trần Thị Hạ";
        g.officerKey = office.officer.publicKey;
        g.officerRoles = roles::kAdministrator | roles::kProvincial;
        g.rules = {{"grant", "automatic"}};
        g.calendar.calendar.holidays = {base::Date{20'333}};
        g.nonce = random.bytes(16);
        genesis.content = g;
        genesis.body = encode(g);
        genesis.signatures = authoritySignatures(crypto::Context::Genesis, genesis.body, threshold);
        id = domain::provinceIdOf(genesis.body);
    }

    std::vector<base::Signature> authoritySignatures(crypto::Context context, base::ByteView body,
                                                     std::size_t count,
                                                     std::size_t first = 0) const {
        std::vector<base::Signature> out;
        for (std::size_t i = 0; i < count; ++i) {
            out.push_back(crypto::sign(authority[(first + i) % authority.size()], context, body));
        }
        return out;
    }

    domain::DirectoryAuthor author(const Member& member, std::uint64_t seq = 1) const {
        return {directory.size(), now, member.id(id), member.incarnation, seq};
    }
    /// Appends one entry with this change; the reason if it has no effect.
    std::optional<std::string> apply(const domain::DirectoryAuthor& by,
                                     const domain::Change& change) {
        auto reason = directory.apply(by, change);
        directory.setSize(directory.size() + 1);
        now += 1000;
        return reason;
    }
    std::optional<std::string> apply(const Member& by, const domain::Change& change,
                                     std::uint64_t seq = 1) {
        return apply(author(by, seq), change);
    }
    /// Genesis and two communes.
    void found() {
        apply(office, genesis, 0);
        apply(office,
              domain::UnitDescribed{"X01", "Xã Bến Trăng", domain::UnitLevel::Commune, "ST"});
        apply(office,
              domain::UnitDescribed{"X02", "Phường Cầu Sậy", domain::UnitLevel::Commune, "ST"});
    }

    Ticket invite(const std::string& unit, domain::Roles asRoles, base::Bytes device = {}) {
        Ticket ticket{domain::InvitationKeys::derive(domain::InvitationSecret::random(random)), {}};
        domain::Invited& c = ticket.change;
        c.number = ticket.keys.number;
        c.publicKey = ticket.keys.key.publicKey;
        c.unit = unit;
        c.officer = "Lê Văn Sơn";
        c.roles = asRoles;
        c.expiry = now + 86'400'000;
        c.tie = ticket.keys.tie(id, unit);
        c.device = std::move(device);
        if ((asRoles & roles::kAdministrator) != 0) {
            c.signatures = authoritySignatures(crypto::Context::Statement, c.statement(id),
                                               genesis.content.threshold);
        }
        return ticket;
    }
    domain::DeviceEnrolled enrolment(const Ticket& ticket, const Member& member) const {
        domain::DeviceEnrolled c{ticket.keys.number,
                                 member.device.publicKey,
                                 member.exchange.publicKey,
                                 member.officer.publicKey,
                                 {}};
        c.signature = crypto::sign(ticket.keys.key, crypto::Context::Enrol,
                                   c.statement(id, member.incarnation));
        return c;
    }
    /// Invites and enrols.
    Member join(const std::string& unit, domain::Roles asRoles) {
        Member member(random);
        Ticket ticket = invite(unit, asRoles);
        apply(office, ticket.change);
        apply(member, enrolment(ticket, member), 0);
        return member;
    }
    base::ScopeId scope(std::string_view unit) const { return domain::scopeIdOf(id, unit); }

    SeededRandom random{2025};
    Member office;
    crypto::SigningKey headKey = crypto::SigningKey::generate(random);
    std::vector<crypto::SigningKey> authority;
    domain::SignedGenesis genesis;
    base::ProvinceId id;
    domain::Directory directory;
    base::TimeMs now = kFounded;
};

}  // namespace test
