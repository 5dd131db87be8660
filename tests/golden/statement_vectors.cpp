#include "vectors.h"
#include "wire/body.h"

namespace golden {
namespace {

using base::Bytes;
using domain::Field;
using domain::Written;
using test::SeededRandom;

struct Signing {
    base::ProvinceId province;
    base::ScopeId scope;
    crypto::SigningKey officer;

    Json inputs() const {
        return {{"province", province.hex()},
                {"scope", scope.hex()},
                {"officerKey", officer.publicKey.hex()}};
    }
    Bytes statement(const Written& written) const {
        return domain::statementOf(written, province, scope);
    }
    domain::Stated sign(const Written& written,
                        crypto::Context context = crypto::Context::Statement) const {
        return {written, domain::officerNumber(officer.publicKey),
                crypto::sign(officer, context, statement(written))};
    }
};

std::string bodyOf(const domain::Stated& stated) {
    const domain::Change change = stated;
    return hex(wire::encodeBody(std::span(&change, 1)));
}

Written completion(SeededRandom& random) {
    return {domain::ObjectKind::Assignment,
            random.make<base::ObjectId>(),
            {{Field::Result, std::string("Đã bàn giao đủ hồ sơ"), {7, UINT64_MAX}},
             {Field::CompletedOn, std::int64_t{20'400}, {}},
             {Field::Status, std::int64_t{6}, {7}}}};
}

Json rejects(const Signing& signing, const domain::Stated& good) {
    Json out = Json::array();
    auto reject = [&](const char* reason, const domain::Stated& bad) {
        out.push_back({{"reason", reason}, {"body", bodyOf(bad)}, {"error", "bad_signature"}});
    };
    auto changed = [&](const char* reason, auto change) {
        domain::Stated bad = good;
        change(bad);
        reject(reason, bad);
    };
    changed("a changed signature", [](auto& s) { s.signature.data[40] ^= 1; });
    changed("another officer's number", [](auto& s) { s.officer ^= 1; });
    changed("another object", [](auto& s) { s.written.id.data[0] ^= 1; });
    changed("another value", [](auto& s) { s.written.fields[1].value = std::int64_t{20'401}; });
    changed("another write is displaced", [](auto& s) { s.written.fields[0].replaces[0] = 8; });
    changed("a field is left out", [](auto& s) { s.written.fields.pop_back(); });
    changed("fields in another order",
            [](auto& s) { std::swap(s.written.fields[0], s.written.fields[1]); });
    reject("signed in another context", signing.sign(good.written, crypto::Context::Seal));
    for (const char* what : {"province", "scope", "officerKey"}) {
        Json inputs = signing.inputs();
        auto text = inputs[what].get<std::string>();
        text[0] = text[0] == '0' ? '1' : '0';
        inputs[what] = text;
        out.push_back({{"reason", std::string("another ") + what},
                       {"inputs", inputs},
                       {"body", bodyOf(good)},
                       {"error", "bad_signature"}});
    }
    return out;
}

}  // namespace

Json describe(const domain::Stated& stated) {
    Json fields = Json::array();
    for (const domain::FieldWrite& write : stated.written.fields) {
        fields.push_back({{"field", static_cast<int>(write.field)},
                          {"type", write.value.index()},
                          {"replaces", write.replaces}});
    }
    return {{"kind", static_cast<int>(stated.written.kind)},
            {"id", stated.written.id.hex()},
            {"fields", fields},
            {"officer", stated.officer},
            {"signature", stated.signature.hex()}};
}

Json makeStatements() {
    SeededRandom random(900);
    const Signing signing{random.make<base::ProvinceId>(), random.make<base::ScopeId>(),
                          crypto::SigningKey::generate(random)};
    const Written done = completion(random);
    Written alike = done;  // all displace the same: the list stands once in the body
    for (domain::FieldWrite& write : alike.fields) write.replaces = {3, 2, 1};
    const Written newer{static_cast<domain::ObjectKind>(200),
                        random.make<base::ObjectId>(),
                        {{static_cast<Field>(60'000), std::monostate{}, {}},
                         {static_cast<Field>(60'001), INT64_MIN, {0}},
                         {static_cast<Field>(60'002),
                          std::vector{random.make<base::ObjectId>(), base::ObjectId{}},
                          {}},
                         {static_cast<Field>(60'002), std::string(), {}}}};
    const std::pair<const char*, Written> all[] = {
        {"a completion", done},
        {"all fields displace the same writes", alike},
        {"an object and fields of a newer version, every kind of value", newer},
        {"nothing is written", {domain::ObjectKind::Assignment, done.id, {}}}};
    Json accepts = Json::array();
    for (const auto& [name, written] : all) {
        const domain::Stated stated = signing.sign(written);
        accepts.push_back({{"name", name},
                           {"body", bodyOf(stated)},
                           {"statement", hex(signing.statement(written))},
                           {"expect", describe(stated)}});
    }
    return {{"layout", "statements of officers"},
            {"inputs", signing.inputs()},
            {"accepts", accepts},
            {"rejects", rejects(signing, signing.sign(done))}};
}

}  // namespace golden
