#include "wire/body.h"
#include <algorithm>
#include <span>
#include <type_traits>
#include "change.capnp.h"
#include "wire/codec.h"

namespace wire {
namespace {

namespace limits = base::limits;
using domain::Change;

template <class T>
void putId(T builder, const base::ObjectId& id) {
    base::Reader in(id.view());
    builder.setIdLow(in.u64());
    builder.setIdHigh(in.u64());
}

template <class T>
base::ObjectId getId(T reader) {
    Bytes bytes;
    base::Writer(bytes).u64(reader.getIdLow()).u64(reader.getIdHigh());
    return base::ObjectId::from(bytes);
}

template <class List, class Items>
void putData(List list, const Items& items) {
    for (unsigned i = 0; i < items.size(); ++i) list.set(i, dataOf(items[i].view()));
}

template <class Id, class List>
std::vector<Id> getData(List list, Limits& limit) {
    std::vector<Id> out;
    unsigned count = limit.count(list.size(), limits::kAuthorityKeysMax);
    for (unsigned i = 0; i < count; ++i) out.push_back(limit.fixed<Id>(list[i]));
    return out;
}

/// With its size: a plain const char* would end at the first zero byte, and the reader would sign
/// for another text.
capnp::Text::Reader asText(const std::string& text) {
    return {text.c_str(), text.size()};
}

// ---- Writing -----------------------------------------------------------------------------------

void putValue(schema::FieldWrite::Value::Builder out, const domain::Value& value) {
    if (std::holds_alternative<std::monostate>(value)) out.setCleared();
    if (auto* number = std::get_if<std::int64_t>(&value)) out.setNumber(*number);
    if (auto* text = std::get_if<std::string>(&value)) out.setText(asText(*text));
    if (auto* ids = std::get_if<std::vector<base::ObjectId>>(&value)) {
        auto data = out.initIds(static_cast<unsigned>(ids->size() * base::ObjectId::kSize));
        for (std::size_t i = 0; i < ids->size(); ++i) {
            std::memcpy(data.begin() + i * base::ObjectId::kSize, (*ids)[i].data.data(),
                        base::ObjectId::kSize);
        }
    }
}

/// What all fields displace alike, as a form does that is saved again; nothing if they differ.
std::span<const std::uint64_t> commonReplaces(const domain::Written& c) {
    if (c.fields.empty()) return {};
    const auto& first = c.fields.front().replaces;
    bool isCommon = std::ranges::all_of(
        c.fields, [&](const domain::FieldWrite& write) { return write.replaces == first; });
    return isCommon ? std::span<const std::uint64_t>(first) : std::span<const std::uint64_t>();
}

void putReplaces(capnp::List<std::uint64_t>::Builder out, std::span<const std::uint64_t> ids) {
    for (unsigned i = 0; i < ids.size(); ++i) out.set(i, ids[i]);
}

void putWritten(schema::Written::Builder w, const domain::Written& c) {
    putId(w, c.id);
    w.setKind(static_cast<std::uint8_t>(c.kind));
    std::span<const std::uint64_t> common = commonReplaces(c);
    if (!common.empty()) putReplaces(w.initReplaces(static_cast<unsigned>(common.size())), common);
    auto fields = w.initFields(static_cast<unsigned>(c.fields.size()));
    for (unsigned i = 0; i < c.fields.size(); ++i) {
        fields[i].setField(static_cast<std::uint16_t>(c.fields[i].field));
        putValue(fields[i].getValue(), c.fields[i].value);
        std::span<const std::uint64_t> own = c.fields[i].replaces;
        if (own.empty() || !common.empty()) continue;
        putReplaces(fields[i].initReplaces(static_cast<unsigned>(own.size())), own);
    }
}

void put(schema::Change::Builder out, const domain::Written& c) {
    putWritten(out.initWritten(), c);
}

void put(schema::Change::Builder out, const domain::Stated& c) {
    auto s = out.initStated();
    putWritten(s.initWritten(), c.written);
    s.setOfficer(c.officer);
    s.setSignature(dataOf(c.signature.view()));
}

void put(schema::Change::Builder out, const domain::Judged& c) {
    auto j = out.initJudged();
    j.setEntry(dataOf(c.entry.view()));
    j.setDevice(dataOf(c.device.view()));
    j.setVerdict(static_cast<std::uint8_t>(c.verdict));
    if (!c.reason.empty()) j.setReason(asText(c.reason));
    j.setClaimed(c.claimed);
}

void put(schema::Change::Builder out, const domain::Noted& c) {
    auto n = out.initNoted();
    putId(n, c.id);
    n.setKind(static_cast<std::uint8_t>(c.kind));
    n.setNote(static_cast<std::uint8_t>(c.note));
    n.setText(asText(c.text));
}

template <class T>
void putSigned(schema::Signed::Builder out, const domain::SignedBody<T>& c) {
    out.setBody(dataOf(c.body));
    putData(out.initSignatures(static_cast<unsigned>(c.signatures.size())), c.signatures);
}
void put(schema::Change::Builder out, const domain::SignedGenesis& c) {
    putSigned(out.initGenesis(), c);
}
void put(schema::Change::Builder out, const domain::SignedCharter& c) {
    putSigned(out.initCharter(), c);
}
void put(schema::Change::Builder out, const domain::SignedAuthoritySet& c) {
    putSigned(out.initAuthoritySet(), c);
}

void put(schema::Change::Builder out, const domain::UnitDescribed& c) {
    auto u = out.initUnitDescribed();
    u.setCode(asText(c.code));
    u.setName(asText(c.name));
    u.setLevel(static_cast<std::uint8_t>(c.level));
    if (!c.parent.empty()) u.setParent(asText(c.parent));
}

void put(schema::Change::Builder out, const domain::Invited& c) {
    auto i = out.initInvited();
    i.setNumber(dataOf(c.number.view()));
    i.setPublicKey(dataOf(c.publicKey.view()));
    i.setUnit(asText(c.unit));
    i.setOfficer(asText(c.officer));
    i.setRoles(c.roles);
    i.setExpiry(c.expiry);
    i.setTie(dataOf(c.tie.view()));
    if (!c.device.empty()) i.setDevice(dataOf(c.device));
    if (!c.signatures.empty()) {
        putData(i.initSignatures(static_cast<unsigned>(c.signatures.size())), c.signatures);
    }
}

void put(schema::Change::Builder out, const domain::DeviceEnrolled& c) {
    auto d = out.initDeviceEnrolled();
    d.setNumber(dataOf(c.number.view()));
    d.setDeviceKey(dataOf(c.deviceKey.view()));
    d.setExchangeKey(dataOf(c.exchangeKey.view()));
    d.setOfficerKey(dataOf(c.officerKey.view()));
    d.setSignature(dataOf(c.signature.view()));
}

void put(schema::Change::Builder out, const domain::OfficerEnrolled& c) {
    auto o = out.initOfficerEnrolled();
    o.setNumber(dataOf(c.number.view()));
    o.setDevice(dataOf(c.device.view()));
    o.setOfficerKey(dataOf(c.officerKey.view()));
    o.setSignature(dataOf(c.signature.view()));
}

void put(schema::Change::Builder out, const domain::DeviceRevoked& c) {
    auto r = out.initDeviceRevoked();
    r.setDevice(dataOf(c.device.view()));
    r.setReason(asText(c.reason));
}

void put(schema::Change::Builder out, const domain::KeyMade& c) {
    auto k = out.initKeyMade();
    k.setScope(dataOf(c.scope.view()));
    k.setVersion(c.version);
    k.setCommitment(dataOf(c.commitment.view()));
    if (!c.previous.empty()) k.setPrevious(dataOf(c.previous));
    if (!c.province.empty()) k.setProvince(dataOf(c.province));
    k.setProvinceVersion(c.provinceVersion);
    k.setRecovery(dataOf(c.recovery));
}

void put(schema::Change::Builder out, const domain::InvitationWithdrawn& c) {
    out.initInvitationWithdrawn().setNumber(dataOf(c.number.view()));
}

void put(schema::Change::Builder out, const domain::Granted& c) {
    auto g = out.initGranted();
    g.setScope(dataOf(c.scope.view()));
    g.setVersion(c.version);
    g.setDevice(dataOf(c.device.view()));
    g.setBox(dataOf(c.box));
}

void putRule(schema::RuleSet::Builder out, const domain::RuleSet& c) {
    out.setName(asText(c.name));
    out.setValue(asText(c.value));
}
void put(schema::Change::Builder out, const domain::RuleSet& c) {
    putRule(out.initRuleSet(), c);
}

template <class List>
void putDays(List list, const std::set<base::Date>& days) {
    unsigned i = 0;
    for (base::Date day : days) list.set(i++, day.days);
}

void putCalendar(schema::CalendarSet::Builder out, const domain::WorkCalendar& calendar) {
    unsigned weekend = 0;
    for (unsigned day = 0; day < 7; ++day) weekend |= calendar.weekend[day] ? 1U << day : 0U;
    out.setWeekend(static_cast<std::uint8_t>(weekend));
    putDays(out.initHolidays(static_cast<unsigned>(calendar.holidays.size())), calendar.holidays);
    putDays(out.initWorkdays(static_cast<unsigned>(calendar.makeUpDays.size())),
            calendar.makeUpDays);
}
void put(schema::Change::Builder out, const domain::CalendarSet& c) {
    putCalendar(out.initCalendarSet(), c.calendar);
}
void put(schema::Change::Builder, const domain::UnknownChange&) {}  // never authored

void putCharter(schema::CharterBody::Builder out, const domain::Charter& c) {
    if (!c.province.empty()) out.setProvince(dataOf(c.province));
    out.setVersion(c.version);
    out.setNoiseKey(dataOf(c.noiseKey.view()));
    out.setHeadKey(dataOf(c.headKey.view()));
}

// ---- Reading -----------------------------------------------------------------------------------

domain::Value getValue(schema::FieldWrite::Value::Reader in, Limits& limit) {
    switch (in.which()) {
        case schema::FieldWrite::Value::CLEARED:
            return std::monostate{};
        case schema::FieldWrite::Value::NUMBER:
            return in.getNumber();
        case schema::FieldWrite::Value::TEXT:
            return limit.text(in.getText(), limits::kTextBytesMax);
        case schema::FieldWrite::Value::IDS: {
            Bytes data = limit.data(in.getIds(), limits::kListMax * base::ObjectId::kSize);
            if (data.size() % base::ObjectId::kSize != 0) limit.failHere();
            base::Reader reader(data);
            std::vector<base::ObjectId> ids;
            while (reader.remaining() >= base::ObjectId::kSize)
                ids.push_back(reader.fixed<base::ObjectId>());
            return ids;
        }
    }
    limit.failHere();
    return std::monostate{};
}

/// A value of another type than its field's is malformed; fields of newer versions take any.
void checkType(domain::Field field, const domain::Value& value, Limits& limit) {
    const domain::FieldInfo* info = domain::infoOf(field);
    if (info == nullptr || std::holds_alternative<std::monostate>(value)) return;
    if (value.index() != static_cast<std::size_t>(info->type) + 1) limit.failHere();
}

std::vector<std::uint64_t> getReplaces(capnp::List<std::uint64_t>::Reader in, Limits& limit) {
    std::vector<std::uint64_t> out(limit.count(in.size(), limits::kReplacesMax));
    for (unsigned i = 0; i < out.size(); ++i) out[i] = in[i];
    return out;
}

domain::Written getWritten(schema::Written::Reader in, Limits& limit) {
    domain::Written out{static_cast<domain::ObjectKind>(in.getKind()), getId(in), {}};
    const std::vector<std::uint64_t> common = getReplaces(in.getReplaces(), limit);
    auto fields = in.getFields();
    unsigned count = limit.count(fields.size(), limits::kFieldsMax);
    out.fields.reserve(count);
    for (unsigned i = 0; i < count; ++i) {
        domain::FieldWrite write{static_cast<domain::Field>(fields[i].getField()),
                                 getValue(fields[i].getValue(), limit),
                                 {}};
        checkType(write.field, write.value, limit);
        write.replaces = getReplaces(fields[i].getReplaces(), limit);
        if (!common.empty()) {
            if (!write.replaces.empty()) limit.failHere();
            write.replaces = common;
        }
        if (!limit.takeReplaces(write.replaces.size())) return out;
        out.fields.push_back(std::move(write));
    }
    return out;
}

domain::Charter getCharter(schema::CharterBody::Reader in, Limits& limit) {
    return {limit.data(in.getProvince(), 32), in.getVersion(),
            limit.fixed<base::ExchangeKey>(in.getNoiseKey()),
            limit.fixed<base::PublicKey>(in.getHeadKey())};
}

domain::RuleSet getRule(schema::RuleSet::Reader in, Limits& limit) {
    return {limit.text(in.getName(), limits::kCodeBytesMax),
            limit.text(in.getValue(), limits::kNameBytesMax)};
}

template <class List>
std::set<base::Date> getDays(List list, Limits& limit) {
    std::set<base::Date> out;
    unsigned count = limit.count(list.size(), limits::kDaysMax);
    for (unsigned i = 0; i < count; ++i) out.insert(base::Date{list[i]});
    return out;
}

domain::CalendarSet getCalendar(schema::CalendarSet::Reader in, Limits& limit) {
    domain::WorkCalendar calendar;
    for (unsigned day = 0; day < 7; ++day)
        calendar.weekend[day] = (in.getWeekend() >> day & 1) != 0;
    calendar.holidays = getDays(in.getHolidays(), limit);
    calendar.makeUpDays = getDays(in.getWorkdays(), limit);
    return {calendar};
}

domain::Genesis getGenesis(capnp::MessageReader& message, Limits& limit) {
    auto in = message.getRoot<schema::GenesisBody>();
    domain::Genesis g;
    g.name = limit.text(in.getName(), limits::kNameBytesMax);
    g.code = limit.text(in.getCode(), limits::kCodeBytesMax);
    g.authorityKeys = getData<base::PublicKey>(in.getAuthorityKeys(), limit);
    g.threshold = in.getThreshold();
    g.recoveryKey = limit.fixed<base::ExchangeKey>(in.getRecoveryKey());
    g.charter = getCharter(in.getCharter(), limit);
    g.deviceKey = limit.fixed<base::PublicKey>(in.getDeviceKey());
    g.exchangeKey = limit.fixed<base::ExchangeKey>(in.getExchangeKey());
    g.officerName = limit.text(in.getOfficerName(), limits::kNameBytesMax);
    g.officerKey = limit.fixed<base::PublicKey>(in.getOfficerKey());
    g.officerRoles = in.getOfficerRoles();
    auto rules = in.getRules();
    unsigned count = limit.count(rules.size(), limits::kRulesMax);
    for (unsigned i = 0; i < count; ++i) g.rules.push_back(getRule(rules[i], limit));
    g.calendar = getCalendar(in.getCalendar(), limit);
    g.nonce = limit.data(in.getNonce(), 16);
    return g;
}

domain::Charter getCharterMessage(capnp::MessageReader& message, Limits& limit) {
    return getCharter(message.getRoot<schema::CharterBody>(), limit);
}

domain::AuthoritySet getAuthoritySet(capnp::MessageReader& message, Limits& limit) {
    auto in = message.getRoot<schema::AuthorityBody>();
    return {limit.data(in.getProvince(), 32), in.getVersion(),
            getData<base::PublicKey>(in.getKeys(), limit), in.getThreshold()};
}

template <class T>
domain::SignedBody<T> getSigned(schema::Signed::Reader in, Limits& limit,
                                T (*content)(capnp::MessageReader&, Limits&)) {
    domain::SignedBody<T> out;
    out.body = limit.data(in.getBody(), limits::kSignedBytesMax);
    out.signatures = getData<base::Signature>(in.getSignatures(), limit);
    auto source = MessageSource::create(out.body);
    if (source) {
        out.content = content(source->reader(), limit);
    } else {
        limit.failHere();
    }
    return out;
}

template <class T>
Result<T> decodeSigned(ByteView body, T (*content)(capnp::MessageReader&, Limits&)) {
    return guarded("a signed body", [&]() -> Result<T> {
        if (body.size() > limits::kSignedBytesMax)
            return fail(Code::Limit, "a signed body is longer than 16 KiB");
        TRY(MessageSource source, MessageSource::create(body));
        Limits limit;
        T out = content(source.reader(), limit);
        if (!limit.ok())
            return fail(Code::Malformed, "a signed body holds a value outside its limits");
        return out;
    });
}

domain::Invited getInvited(schema::Invited::Reader in, Limits& limit) {
    domain::Invited out;
    out.number = limit.fixed<base::InvitationNumber>(in.getNumber());
    out.publicKey = limit.fixed<base::PublicKey>(in.getPublicKey());
    out.unit = limit.text(in.getUnit(), limits::kCodeBytesMax);
    out.officer = limit.text(in.getOfficer(), limits::kNameBytesMax);
    out.roles = in.getRoles();
    out.expiry = in.getExpiry();
    out.tie = limit.fixed<base::Hash>(in.getTie());
    out.device = limit.data(in.getDevice(), 16);
    out.signatures = getData<base::Signature>(in.getSignatures(), limit);
    return out;
}

domain::KeyMade getKeyMade(schema::KeyMade::Reader in, Limits& limit) {
    domain::KeyMade out;
    out.scope = limit.fixed<base::ScopeId>(in.getScope());
    out.version = in.getVersion();
    out.commitment = limit.fixed<base::Hash>(in.getCommitment());
    out.previous = limit.data(in.getPrevious(), limits::kWrappedKeyBytesMax);
    out.province = limit.data(in.getProvince(), limits::kWrappedKeyBytesMax);
    out.provinceVersion = in.getProvinceVersion();
    out.recovery = limit.data(in.getRecovery(), limits::kWrappedKeyBytesMax);
    return out;
}

Change getChange(schema::Change::Reader in, Limits& limit) {
    switch (in.which()) {
        case schema::Change::WRITTEN:
            return getWritten(in.getWritten(), limit);
        case schema::Change::NOTED: {
            auto n = in.getNoted();
            return domain::Noted{static_cast<domain::ObjectKind>(n.getKind()), getId(n),
                                 static_cast<domain::NoteKind>(n.getNote()),
                                 limit.text(n.getText(), limits::kTextBytesMax)};
        }
        case schema::Change::GENESIS:
            return getSigned<domain::Genesis>(in.getGenesis(), limit, getGenesis);
        case schema::Change::CHARTER:
            return getSigned<domain::Charter>(in.getCharter(), limit, getCharterMessage);
        case schema::Change::AUTHORITY_SET:
            return getSigned<domain::AuthoritySet>(in.getAuthoritySet(), limit, getAuthoritySet);
        case schema::Change::UNIT_DESCRIBED: {
            auto u = in.getUnitDescribed();
            return domain::UnitDescribed{limit.text(u.getCode(), limits::kCodeBytesMax),
                                         limit.text(u.getName(), limits::kNameBytesMax),
                                         static_cast<domain::UnitLevel>(u.getLevel()),
                                         limit.text(u.getParent(), limits::kCodeBytesMax)};
        }
        case schema::Change::INVITED:
            return getInvited(in.getInvited(), limit);
        case schema::Change::DEVICE_ENROLLED: {
            auto d = in.getDeviceEnrolled();
            return domain::DeviceEnrolled{limit.fixed<base::InvitationNumber>(d.getNumber()),
                                          limit.fixed<base::PublicKey>(d.getDeviceKey()),
                                          limit.fixed<base::ExchangeKey>(d.getExchangeKey()),
                                          limit.fixed<base::PublicKey>(d.getOfficerKey()),
                                          limit.fixed<base::Signature>(d.getSignature())};
        }
        case schema::Change::OFFICER_ENROLLED: {
            auto o = in.getOfficerEnrolled();
            return domain::OfficerEnrolled{limit.fixed<base::InvitationNumber>(o.getNumber()),
                                           limit.fixed<base::DeviceId>(o.getDevice()),
                                           limit.fixed<base::PublicKey>(o.getOfficerKey()),
                                           limit.fixed<base::Signature>(o.getSignature())};
        }
        case schema::Change::DEVICE_REVOKED: {
            auto r = in.getDeviceRevoked();
            return domain::DeviceRevoked{limit.fixed<base::DeviceId>(r.getDevice()),
                                         limit.text(r.getReason(), limits::kTextBytesMax)};
        }
        case schema::Change::KEY_MADE:
            return getKeyMade(in.getKeyMade(), limit);
        case schema::Change::GRANTED: {
            auto g = in.getGranted();
            return domain::Granted{limit.fixed<base::ScopeId>(g.getScope()), g.getVersion(),
                                   limit.fixed<base::DeviceId>(g.getDevice()),
                                   limit.data(g.getBox(), limits::kWrappedKeyBytesMax)};
        }
        case schema::Change::RULE_SET:
            return getRule(in.getRuleSet(), limit);
        case schema::Change::CALENDAR_SET:
            return getCalendar(in.getCalendarSet(), limit);
        case schema::Change::INVITATION_WITHDRAWN:
            return domain::InvitationWithdrawn{
                limit.fixed<base::InvitationNumber>(in.getInvitationWithdrawn().getNumber())};
        case schema::Change::STATED: {
            auto s = in.getStated();
            return domain::Stated{getWritten(s.getWritten(), limit), s.getOfficer(),
                                  limit.fixed<base::Signature>(s.getSignature())};
        }
        case schema::Change::JUDGED: {
            auto j = in.getJudged();
            return domain::Judged{limit.fixed<base::Hash>(j.getEntry()),
                                  limit.fixed<base::DeviceId>(j.getDevice()),
                                  static_cast<domain::Verdict>(j.getVerdict()),
                                  limit.text(j.getReason(), limits::kTextBytesMax), j.getClaimed()};
        }
    }
    return domain::UnknownChange{static_cast<std::uint16_t>(in.which())};
}

}  // namespace

Bytes encodeBody(std::span<const Change> changes) {
    capnp::MallocMessageBuilder message(1024);
    auto list = message.initRoot<schema::Body>().initChanges(static_cast<unsigned>(changes.size()));
    for (unsigned i = 0; i < changes.size(); ++i) {
        std::visit([&](const auto& change) { put(list[i], change); }, changes[i]);
    }
    return toBytes(message);
}

Result<std::vector<Change>> decodeBody(ByteView bytes) {
    return guarded("a body", [&]() -> Result<std::vector<Change>> {
        TRY(MessageSource source, MessageSource::create(bytes));
        auto list = source.reader().getRoot<schema::Body>().getChanges();
        Limits limit;
        std::vector<Change> out;
        unsigned count = limit.count(list.size(), limits::kChangesMax);
        out.reserve(count);
        for (unsigned i = 0; i < count && limit.ok(); ++i) out.push_back(getChange(list[i], limit));
        if (!limit.ok()) return fail(Code::Malformed, "a body holds a value outside its limits");
        return out;
    });
}

Bytes encodeGenesis(const domain::Genesis& g) {
    capnp::MallocMessageBuilder message;
    auto out = message.initRoot<schema::GenesisBody>();
    out.setName(asText(g.name));
    out.setCode(asText(g.code));
    putData(out.initAuthorityKeys(static_cast<unsigned>(g.authorityKeys.size())), g.authorityKeys);
    out.setThreshold(g.threshold);
    out.setRecoveryKey(dataOf(g.recoveryKey.view()));
    putCharter(out.initCharter(), g.charter);
    out.setDeviceKey(dataOf(g.deviceKey.view()));
    out.setExchangeKey(dataOf(g.exchangeKey.view()));
    out.setOfficerName(asText(g.officerName));
    out.setOfficerKey(dataOf(g.officerKey.view()));
    out.setOfficerRoles(g.officerRoles);
    auto rules = out.initRules(static_cast<unsigned>(g.rules.size()));
    for (unsigned i = 0; i < g.rules.size(); ++i) putRule(rules[i], g.rules[i]);
    putCalendar(out.initCalendar(), g.calendar.calendar);
    out.setNonce(dataOf(g.nonce));
    return toBytes(message);
}

Bytes encodeCharter(const domain::Charter& charter) {
    capnp::MallocMessageBuilder message;
    putCharter(message.initRoot<schema::CharterBody>(), charter);
    return toBytes(message);
}

Bytes encodeAuthoritySet(const domain::AuthoritySet& set) {
    capnp::MallocMessageBuilder message;
    auto out = message.initRoot<schema::AuthorityBody>();
    out.setProvince(dataOf(set.province));
    out.setVersion(set.version);
    putData(out.initKeys(static_cast<unsigned>(set.keys.size())), set.keys);
    out.setThreshold(set.threshold);
    return toBytes(message);
}

Result<domain::Genesis> decodeGenesis(ByteView body) {
    return decodeSigned(body, getGenesis);
}

Result<domain::Charter> decodeCharter(ByteView body) {
    return decodeSigned(body, getCharterMessage);
}

Result<domain::AuthoritySet> decodeAuthoritySet(ByteView body) {
    return decodeSigned(body, getAuthoritySet);
}

}  // namespace wire
