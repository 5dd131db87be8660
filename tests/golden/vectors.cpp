#include "vectors.h"

namespace golden {
namespace {

using base::Bytes;
using test::SeededRandom;

Json reject(const char* reason, const Bytes& bytes, const char* error) {
    return {{"reason", reason}, {"bytes", hex(bytes)}, {"error", error}};
}

Json rejectCode(const char* reason, const std::string& code, const char* error) {
    return {{"reason", reason}, {"code", code}, {"error", error}};
}

std::string recoded(Bytes body) {
    base::Hash check = crypto::hash("ts-check", {body});
    base::Writer(body).raw(check.view().first(4));
    return base::toBase32(body);
}

Bytes bodyOf(const std::string& code) {
    Bytes bytes = base::fromBase32(code).value();
    bytes.resize(bytes.size() - 4);
    return bytes;
}

/// The codes that every long code must refuse.
Json rejectedCodes(const std::string& code) {
    Json out = Json::array();
    std::string typed = code;
    typed[20] = typed[20] == '7' ? '8' : '7';
    out.push_back(rejectCode("one letter mistyped", typed, "invalid_input"));
    typed = code;
    typed.back() = typed.back() == 'U' ? 'V' : 'U';
    out.push_back(rejectCode("a letter that no code has", typed, "invalid_input"));
    out.push_back(
        rejectCode("the last letter is missing", code.substr(0, code.size() - 1), "invalid_input"));
    out.push_back(rejectCode("the first half", code.substr(0, code.size() / 2), "invalid_input"));
    out.push_back(rejectCode("nothing", "", "invalid_input"));
    Bytes body = bodyOf(code);
    body[0] = 2;
    out.push_back(rejectCode("version 2", recoded(body), "unsupported"));
    body[0] = 1;
    body.push_back('x');
    out.push_back(rejectCode("longer than its address", recoded(body), "invalid_input"));
    body.resize(body.size() - 2);
    out.push_back(rejectCode("shorter than its address", recoded(body), "invalid_input"));
    return out;
}

}  // namespace

std::string hex(base::ByteView bytes) {
    return base::toHex(bytes);
}

std::string textOf(const Json& content) {
    return content.dump(1) + "\n";
}

std::vector<File> makeAll() {
    return {{"frame.json", makeFrames()},           {"header.json", makeHeaders()},
            {"entry.json", makeEntries()},          {"segment.json", makeSegments()},
            {"record.json", makeRecords()},         {"head.json", makeHeads()},
            {"invitation.json", makeInvitations()}, {"bootstrap.json", makeBootstrapTokens()},
            {"statement.json", makeStatements()}};
}

// ---- First frames ------------------------------------------------------------------------------

Json describe(const transport::Prologue& p) {
    return {{"versionMin", p.versions.min},
            {"versionMax", p.versions.max},
            {"request", static_cast<int>(p.request.kind)},
            {"argument", p.request.argument}};
}

Json describe(const transport::FirstFrameHeader& header) {
    return {{"kind", static_cast<int>(header.kind)}, {"size", header.size}};
}

Json makeFrames() {
    using transport::FirstFrame;
    using transport::RequestKind;
    Json client{{"accepts", Json::array()}, {"rejects", Json::array()}};
    for (const transport::Prologue& p :
         {transport::Prologue{{1, 1}, {RequestKind::Session, 0}},
          transport::Prologue{{1, 3}, {RequestKind::AuthorityChanges, 7}},
          transport::Prologue{{2, 2}, {RequestKind::Genesis, 0}},
          transport::Prologue{{1, 255}, {static_cast<RequestKind>(9), 0xFFFFFFFF}}}) {
        client["accepts"].push_back({{"bytes", hex(p.toWire())}, {"expect", describe(p)}});
    }
    Bytes good = transport::Prologue().toWire();
    Bytes bytes = good;
    bytes[0] = 'G';
    client["rejects"].push_back(reject("another magic", bytes, "malformed"));
    bytes = good;
    bytes.pop_back();
    client["rejects"].push_back(reject("a byte too short", bytes, "malformed"));
    bytes = good;
    bytes.push_back(0);
    client["rejects"].push_back(reject("a byte too long", bytes, "malformed"));
    bytes = good;
    bytes[4] = 2;
    client["rejects"].push_back(reject("versions 2 to 1", bytes, "malformed"));

    Json server{{"accepts", Json::array()}, {"rejects", Json::array()}};
    auto frame = [](FirstFrame kind, std::uint32_t size) {
        Bytes out;
        base::Writer(out).u8(static_cast<std::uint8_t>(kind)).u32(size);
        return out;
    };
    for (auto [kind, size] : {std::pair{FirstFrame::NoiseMessage2, 49U},
                              {FirstFrame::NoiseMessage2, 256U},
                              {FirstFrame::ClearAnswer, 0U},
                              {FirstFrame::ClearAnswer, 1048576U},
                              {FirstFrame::Key, 0U},
                              {FirstFrame::Version, 2U},
                              {FirstFrame::Busy, 0U}}) {
        transport::FirstFrameHeader header{kind, size};
        server["accepts"].push_back(
            {{"bytes", hex(frame(kind, size))}, {"expect", describe(header)}});
    }
    server["rejects"].push_back(
        reject("an unknown kind", frame(static_cast<FirstFrame>(5), 0), "malformed"));
    server["rejects"].push_back(
        reject("a long message 2", frame(FirstFrame::NoiseMessage2, 257), "limit"));
    server["rejects"].push_back(
        reject("a long answer", frame(FirstFrame::ClearAnswer, 1048577), "limit"));
    server["rejects"].push_back(reject("key with a payload", frame(FirstFrame::Key, 1), "limit"));
    server["rejects"].push_back(
        reject("version with three", frame(FirstFrame::Version, 3), "limit"));
    server["rejects"].push_back(reject("busy with a payload", frame(FirstFrame::Busy, 2), "limit"));
    return {{"layout", "first frames of a connection"}, {"client", client}, {"server", server}};
}

// ---- Codes -------------------------------------------------------------------------------------

Json describe(const domain::Invitation& i) {
    auto keys = domain::InvitationKeys::derive(i.secret);
    Json out{{"secret", hex(i.secret.view())},
             {"invitationKey", keys.key.publicKey.hex()},
             {"number", keys.number.hex()}};
    if (!i.province) return out;
    out["province"] = i.province->hex();
    out["tieForX01"] = keys.tie(*i.province, "X01").hex();
    out["serverKey"] = i.serverKey.hex();
    out["address"] = i.address;
    out["expiry"] = i.expiry;
    return out;
}

Json makeInvitations() {
    Json accepts = Json::array();
    Json rejects = Json::array();
    for (const char* address : {"dongbo.songtrang.example:7443", "", "[2001:db8::7]:7443"}) {
        SeededRandom random(700 + accepts.size());
        domain::Invitation i;
        i.secret = domain::InvitationSecret::random(random);
        i.province = random.make<base::ProvinceId>();
        i.serverKey = random.make<base::ExchangeKey>();
        i.address = address;
        i.expiry = 1'767'200'000'000;
        accepts.push_back({{"form", "long"}, {"code", i.longCode()}, {"expect", describe(i)}});
        if (rejects.empty()) {
            rejects = rejectedCodes(i.longCode());
            Bytes body = bodyOf(i.longCode());
            body.back() = 0xFF;
            rejects.push_back(
                rejectCode("an address that is not UTF-8", recoded(body), "invalid_input"));
        }
        domain::Invitation shortForm;
        shortForm.secret = i.secret;
        accepts.push_back(
            {{"form", "short"}, {"code", i.shortCode()}, {"expect", describe(shortForm)}});
    }
    std::string code = accepts[1]["code"];
    rejects.push_back(rejectCode("a short code less one letter", code.substr(0, code.size() - 1),
                                 "invalid_input"));
    rejects.push_back(rejectCode("a short code and two letters", code + "00", "invalid_input"));
    std::string forgiving;
    for (char c : code) forgiving += c == '0' ? 'o' : c == '1' ? 'l' : c;
    accepts.push_back(
        {{"form", "short"}, {"code", " " + forgiving + "\n"}, {"expect", accepts[1]["expect"]}});
    return {{"layout", "invitation codes"}, {"accepts", accepts}, {"rejects", rejects}};
}

Json describe(const domain::BootstrapToken& t) {
    base::ProvinceId province;
    province.data.fill(0x2A);
    return {{"noiseKey", t.noiseKey.hex()},
            {"headKey", t.headKey.hex()},
            {"secret", hex(t.secret.view())},
            {"address", t.address},
            {"macOverProvince2a", t.mac(province).hex()}};
}

Json makeBootstrapTokens() {
    Json accepts = Json::array();
    Json rejects;
    for (const char* address : {"127.0.0.1:7443", ""}) {
        SeededRandom random(800 + accepts.size());
        domain::BootstrapToken t;
        t.noiseKey = random.make<base::ExchangeKey>();
        t.headKey = random.make<base::PublicKey>();
        t.secret = crypto::Secret<16>::random(random);
        t.address = address;
        accepts.push_back({{"code", t.code()}, {"expect", describe(t)}});
        if (rejects.is_null()) rejects = rejectedCodes(t.code());
    }
    return {{"layout", "bootstrap tokens"}, {"accepts", accepts}, {"rejects", rejects}};
}

}  // namespace golden
