#include "domain/row.h"
#include <algorithm>
#include "base/limits.h"
#include "domain/fields.h"

namespace domain {
namespace {

namespace limits = base::limits;

void removeWrite(FieldState& state, std::uint64_t id) {
    for (auto value = state.live.begin(); value != state.live.end(); ++value) {
        auto removed = value->writes.eraseIf([&](const WriteRef& w) { return w.id == id; });
        if (removed == 0) continue;
        if (value->writes.empty()) state.live.erase(value);
        return;
    }
    bool known =
        std::find(state.superseded.begin(), state.superseded.end(), id) != state.superseded.end();
    if (!known && state.superseded.size() < limits::kSupersededMax) state.superseded.push_back(id);
}

/// Takes this very write out again; whether it was there.
bool forgetWrite(FieldState& state, WriteRef ref) {
    for (auto value = state.live.begin(); value != state.live.end(); ++value) {
        if (value->writes.eraseIf([&](const WriteRef& w) { return w == ref; }) == 0) continue;
        if (value->writes.empty()) state.live.erase(value);
        return true;
    }
    return false;
}

void placeByPosition(FieldState& state) {
    // By insertion: there is hardly ever more than one, and they are nearly in order.
    for (std::size_t i = 1; i < state.live.size(); ++i) {
        for (std::size_t k = i; k > 0; --k) {
            if (state.live[k - 1].position() <= state.live[k].position()) break;
            std::swap(state.live[k - 1], state.live[k]);
        }
    }
}

/// The number of values that had to make room.
std::size_t addWrite(FieldState& state, WriteRef ref, Value value) {
    bool isSuperseded = std::find(state.superseded.begin(), state.superseded.end(), ref.id) !=
                        state.superseded.end();
    if (isSuperseded) return 0;
    auto equal = std::find_if(state.live.begin(), state.live.end(),
                              [&](const LiveValue& v) { return v.value == value; });
    if (equal != state.live.end()) {
        equal->writes.push(ref);
        return 0;
    }
    std::size_t dropped = state.live.size() < limits::kLiveMax ? 0 : 1;
    if (dropped > 0) state.live.erase(state.live.begin());  // by position: the oldest
    LiveValue& live = state.live.emplace_back();
    live.value = std::move(value);
    live.writes.push(ref);
    return dropped;
}

}  // namespace

void WriteRefs::push(WriteRef ref) {
    if (m_size == m_refs.size()) {
        std::move(m_refs.begin() + 1, m_refs.end(), m_refs.begin());
        --m_size;
    }
    m_refs[m_size++] = ref;
}

std::uint64_t LiveValue::position() const {
    std::uint64_t newest = 0;
    for (const WriteRef& w : writes) newest = std::max(newest, w.position);
    return newest;
}

FieldState& Row::fieldFor(Field field) {
    auto it = std::lower_bound(m_fields.begin(), m_fields.end(), field,
                               [](const FieldState& s, Field f) { return s.field < f; });
    if (it == m_fields.end() || it->field != field)
        it = m_fields.insert(it, FieldState{field, {}, {}});
    return *it;
}

bool Row::hasRoomFor(Field of) const {
    if (infoOf(of) != nullptr || field(of) != nullptr) return true;
    auto unknown = std::count_if(m_fields.begin(), m_fields.end(),
                                 [](const FieldState& s) { return infoOf(s.field) == nullptr; });
    return static_cast<std::size_t>(unknown) < limits::kUnknownFieldsMax;
}

std::size_t Row::apply(WriteRef ref, std::vector<FieldWrite> writes) {
    std::size_t dropped = 0;
    if (m_fields.empty()) m_fields.reserve(writes.size());
    for (std::size_t i = 0; i < writes.size(); ++i) {
        if (!hasRoomFor(writes[i].field)) {
            ++dropped;
            continue;
        }
        FieldState& state = fieldFor(writes[i].field);
        for (std::uint64_t id : writes[i].replaces) {
            if (id != ref.id) removeWrite(state, id);
        }
        // Within one entry the last write of a field counts, but each removes what it names.
        // Another change of the same entry may have written the field before.
        auto later = std::span(writes).subspan(i + 1);
        bool isLast = std::none_of(later.begin(), later.end(),
                                   [&](const FieldWrite& w) { return w.field == writes[i].field; });
        if (isLast) {
            forgetWrite(state, ref);
            dropped += addWrite(state, ref, std::move(writes[i].value));
        }
        placeByPosition(state);
    }
    return dropped;
}

const FieldState* Row::field(Field field) const {
    auto it = std::lower_bound(m_fields.begin(), m_fields.end(), field,
                               [](const FieldState& s, Field f) { return s.field < f; });
    return it == m_fields.end() || it->field != field ? nullptr : &*it;
}

const Value* Row::shown(Field f) const {
    const FieldState* state = field(f);
    if (state == nullptr || state->live.empty()) return nullptr;
    const Value& value = state->live.back().value;
    return std::holds_alternative<std::monostate>(value) ? nullptr : &value;
}

std::optional<std::int64_t> Row::number(Field f) const {
    const Value* value = shown(f);
    auto* number = value == nullptr ? nullptr : std::get_if<std::int64_t>(value);
    if (number == nullptr) return {};
    return *number;
}

std::string Row::text(Field f) const {
    const Value* value = shown(f);
    auto* text = value == nullptr ? nullptr : std::get_if<std::string>(value);
    return text == nullptr ? std::string() : *text;
}

std::vector<base::ObjectId> Row::ids(Field f) const {
    const Value* value = shown(f);
    auto* ids = value == nullptr ? nullptr : std::get_if<std::vector<base::ObjectId>>(value);
    return ids == nullptr ? std::vector<base::ObjectId>() : *ids;
}

std::size_t Row::conflicts() const {
    return static_cast<std::size_t>(std::count_if(
        m_fields.begin(), m_fields.end(), [](const FieldState& s) { return s.live.size() > 1; }));
}

std::vector<std::uint64_t> Row::liveIds(Field f) const {
    std::vector<std::uint64_t> out;
    if (const FieldState* state = field(f)) {
        for (const LiveValue& value : state->live) {
            for (const WriteRef& w : value.writes) out.push_back(w.id);
        }
    }
    return out;
}

bool Row::hasPending() const {
    for (const FieldState& state : m_fields) {
        for (const LiveValue& value : state.live) {
            if (value.position() >= kPendingPosition) return true;
        }
    }
    return false;
}

FieldWrite writeOver(const Row* row, Field field, Value value) {
    FieldWrite out{field, std::move(value), {}};
    if (row != nullptr) out.replaces = row->liveIds(field);
    return out;
}

void encodeValue(const Value& value, base::Writer& out) {
    out.u8(static_cast<std::uint8_t>(value.index()));
    if (auto* number = std::get_if<std::int64_t>(&value)) out.zigzag(*number);
    if (auto* text = std::get_if<std::string>(&value)) out.sized(base::view(*text));
    if (auto* ids = std::get_if<std::vector<base::ObjectId>>(&value)) {
        out.varint(ids->size());
        for (const base::ObjectId& id : *ids) out.raw(id.view());
    }
}

Value decodeValue(base::Reader& in) {
    switch (in.u8()) {
        case 0:
            return std::monostate{};
        case 1:
            return in.zigzag();
        case 2:
            return std::string(base::text(in.sized(base::limits::kTextBytesMax)));
        case 3: {
            std::vector<base::ObjectId> ids;
            std::uint64_t count = in.varint();
            if (count > base::limits::kListMax) in.failHere();
            for (std::uint64_t i = 0; i < count && in.ok(); ++i)
                ids.push_back(in.fixed<base::ObjectId>());
            return ids;
        }
        default:
            in.failHere();
            return std::monostate{};
    }
}

void Row::encode(Bytes& bytes) const {
    base::Writer out(bytes);
    out.u8(static_cast<std::uint8_t>(m_kind)).raw(m_id.view()).varint(m_fields.size());
    for (const FieldState& state : m_fields) {
        out.varint(static_cast<std::uint64_t>(state.field)).varint(state.live.size());
        for (const LiveValue& value : state.live) {
            encodeValue(value.value, out);
            out.varint(value.writes.size());
            for (const WriteRef& w : value.writes) out.u64(w.id).varint(w.position);
        }
        out.varint(state.superseded.size());
        for (std::uint64_t id : state.superseded) out.u64(id);
    }
}

base::Result<Row> Row::decode(base::Reader& in) {
    auto count = [&] {
        std::uint64_t n = in.varint();
        if (n > limits::kSupersededMax) in.failHere();
        return in.ok() ? n : 0;
    };
    Row row;
    row.m_kind = static_cast<ObjectKind>(in.u8());
    row.m_id = in.fixed<base::ObjectId>();
    for (std::uint64_t fields = count(); fields > 0; --fields) {
        FieldState state{static_cast<Field>(in.varint()), {}, {}};
        bool isAscending = row.m_fields.empty() || row.m_fields.back().field < state.field;
        if (!isAscending) in.failHere();
        for (std::uint64_t live = count(); live > 0; --live) {
            LiveValue value{decodeValue(in), {}};
            for (std::uint64_t writes = count(); writes > 0 && in.ok(); --writes) {
                std::uint64_t id = in.u64();
                if (value.writes.size() == limits::kWritersMax) in.failHere();
                value.writes.push({id, in.varint()});
            }
            if (value.writes.empty()) in.failHere();
            state.live.push_back(std::move(value));
        }
        for (std::uint64_t superseded = count(); superseded > 0 && in.ok(); --superseded) {
            state.superseded.push_back(in.u64());
        }
        row.m_fields.push_back(std::move(state));
    }
    if (!in.ok()) return base::fail(base::Code::Corrupt, "a stored object cannot be read");
    return row;
}

}  // namespace domain
