#pragma once
// One change of each kind, every member set.

#include "../base/seeded_random.h"
#include "wire/body.h"

namespace test {

inline domain::Charter sampleCharter(SeededRandom& random, std::uint32_t version) {
    return {version == 1 ? base::Bytes() : random.bytes(32), version,
            random.make<base::ExchangeKey>(), random.make<base::PublicKey>()};
}

inline domain::Genesis sampleGenesis(SeededRandom& random) {
    domain::Genesis g;
    g.name = "Tỉnh Sông Trăng";
    g.code = "ST";
    g.authorityKeys = {random.make<base::PublicKey>(), random.make<base::PublicKey>()};
    g.threshold = 2;
    g.recoveryKey = random.make<base::ExchangeKey>();
    g.charter = sampleCharter(random, 1);
    g.deviceKey = random.make<base::PublicKey>();
    g.exchangeKey = random.make<base::ExchangeKey>();
    g.officerName = "Trần Thị Hạ";
    g.officerKey = random.make<base::PublicKey>();
    g.officerRoles = domain::roles::kAdministrator | 0x8000;
    g.rules = {{"grant", "automatic"}, {"proof", ""}};
    g.calendar.calendar.weekend = {false, true, false, false, false, false, true};
    g.calendar.calendar.holidays = {base::Date{20'333}, base::Date{-5}};
    g.calendar.calendar.makeUpDays = {base::Date{20'340}};
    g.nonce = random.bytes(16);
    return g;
}

template <class T>
domain::SignedBody<T> sampleSigned(SeededRandom& random, T content, base::Bytes body) {
    return {std::move(content),
            std::move(body),
            {random.make<base::Signature>(), random.make<base::Signature>()}};
}

inline std::vector<domain::Change> sampleChanges(std::uint64_t seed = 1) {
    SeededRandom random(seed);
    std::vector<domain::Change> out;
    domain::Written written{domain::ObjectKind::Task, random.make<base::ObjectId>(), {}};
    written.fields = {{domain::Field::TaskContent,
                       std::string("Rà soát quỹ đất công"),
                       {random.number(), 0, UINT64_MAX}},
                      {domain::Field::TaskDeadline, std::int64_t{20'331}, {}},
                      {domain::Field::TaskDocuments,
                       std::vector{random.make<base::ObjectId>(), random.make<base::ObjectId>()},
                       {1}},
                      {domain::Field::TaskSection, std::monostate{}, {}},
                      {domain::Field::TaskOrder, INT64_MIN, {}},
                      {static_cast<domain::Field>(60'000), std::string(), {}}};
    out.emplace_back(written);
    out.emplace_back(domain::Written{domain::ObjectKind::Assignment, {}, {}});
    out.emplace_back(domain::Noted{domain::ObjectKind::Assignment, random.make<base::ObjectId>(),
                                   domain::NoteKind::Obstacle, "Vướng mặt bằng\nchưa bàn giao"});
    auto genesis = sampleGenesis(random);
    out.emplace_back(sampleSigned(random, genesis, wire::encodeGenesis(genesis)));
    auto charter = sampleCharter(random, 2);
    out.emplace_back(sampleSigned(random, charter, wire::encodeCharter(charter)));
    domain::AuthoritySet set{random.bytes(32), 3, {random.make<base::PublicKey>()}, 1};
    out.emplace_back(sampleSigned(random, set, wire::encodeAuthoritySet(set)));
    out.emplace_back(
        domain::UnitDescribed{"X01", "Xã Bến Trăng", domain::UnitLevel::Commune, "ST"});
    domain::Invited invited{random.make<base::InvitationNumber>(),
                            random.make<base::PublicKey>(),
                            "X01",
                            "Lê Văn Sơn",
                            domain::roles::kAdministrator,
                            1'767'200'000'000,
                            random.make<base::Hash>(),
                            random.bytes(16),
                            {random.make<base::Signature>()}};
    out.emplace_back(invited);
    invited.device.clear();
    invited.signatures.clear();
    out.emplace_back(invited);
    out.emplace_back(
        domain::DeviceEnrolled{random.make<base::InvitationNumber>(),
                               random.make<base::PublicKey>(), random.make<base::ExchangeKey>(),
                               random.make<base::PublicKey>(), random.make<base::Signature>()});
    out.emplace_back(domain::OfficerEnrolled{
        random.make<base::InvitationNumber>(), random.make<base::DeviceId>(),
        random.make<base::PublicKey>(), random.make<base::Signature>()});
    out.emplace_back(domain::DeviceRevoked{random.make<base::DeviceId>(), "mất máy"});
    out.emplace_back(domain::KeyMade{random.make<base::ScopeId>(), 2, random.make<base::Hash>(),
                                     random.bytes(72), random.bytes(72), 1, random.bytes(80)});
    out.emplace_back(domain::KeyMade{
        random.make<base::ScopeId>(), 1, random.make<base::Hash>(), {}, {}, 0, random.bytes(80)});
    out.emplace_back(domain::Granted{random.make<base::ScopeId>(), 2, random.make<base::DeviceId>(),
                                     random.bytes(116)});
    out.emplace_back(domain::RuleSet{"grant", "confirm"});
    out.emplace_back(genesis.calendar);
    out.emplace_back(domain::InvitationWithdrawn{random.make<base::InvitationNumber>()});
    out.emplace_back(
        domain::Stated{{domain::ObjectKind::Assignment,
                        random.make<base::ObjectId>(),
                        {{domain::Field::Result, std::string("Đã bàn giao đủ hồ sơ"), {7, 9}},
                         {domain::Field::CompletedOn, std::int64_t{20'400}, {}}}},
                       0x0102030405060708ULL,
                       random.make<base::Signature>()});
    out.emplace_back(domain::Judged{random.make<base::Hash>(), random.make<base::DeviceId>(),
                                    domain::Verdict::Refused, "đã có bản khác"});
    return out;
}

}  // namespace test
