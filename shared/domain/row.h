#pragma once
// One folded object. A field keeps its live values: a write removes the writes that it names, joins
// an equal value, or else stands beside the others; two live values are a conflict. The last by
// position is shown.
//
// Laws (tests/unit/domain): applying the same ordered writes gives the same row; a write that names
// all live values leaves one; equal values never conflict; a named write that comes later is
// superseded at once, but still removes what it names.

#include "base/limits.h"
#include "domain/change.h"

namespace domain {

/// Where a write stands. Pending writes stand behind every ordered one.
struct WriteRef {
    std::uint64_t id = 0;        // first 8 bytes of h(n)
    std::uint64_t position = 0;  // in its ledger; pending: kPendingPosition + order
    bool operator==(const WriteRef&) const = default;
};
inline constexpr std::uint64_t kPendingPosition = std::uint64_t{1} << 62;

/// The newest writers of one value, in place: every field of every row has some.
class WriteRefs {
public:
    const WriteRef* begin() const { return m_refs.data(); }
    const WriteRef* end() const { return begin() + m_size; }
    std::size_t size() const { return m_size; }
    bool empty() const { return m_size == 0; }
    const WriteRef& back() const { return m_refs[m_size - 1]; }
    /// Of more than kWritersMax the first is forgotten.
    void push(WriteRef ref);
    /// How many were removed.
    template <class Matches>
    std::size_t eraseIf(Matches matches) {
        auto* rest = std::remove_if(m_refs.data(), m_refs.data() + m_size, matches);
        const auto kept = static_cast<std::size_t>(rest - m_refs.data());
        return std::exchange(m_size, kept) - kept;
    }
    bool operator==(const WriteRefs& other) const {
        return std::equal(begin(), end(), other.begin(), other.end());
    }

private:
    std::array<WriteRef, base::limits::kWritersMax> m_refs{};
    std::size_t m_size = 0;
};

struct LiveValue {
    Value value;
    WriteRefs writes;  // never empty; the newest position decides the value's place
    std::uint64_t position() const;
    bool operator==(const LiveValue&) const = default;
};

struct FieldState {
    Field field;
    std::vector<LiveValue> live;            // by position, ascending
    std::vector<std::uint64_t> superseded;  // named by a write while not live: never live later
    bool operator==(const FieldState&) const = default;
};

class Row {
public:
    Row() = default;
    Row(ObjectKind kind, base::ObjectId id) : m_kind(kind), m_id(id) {}

    ObjectKind kind() const { return m_kind; }
    const base::ObjectId& id() const { return m_id; }
    const std::vector<FieldState>& fields() const { return m_fields; }

    /// The number of values that found no room: the row keeps every known field and 256 others, and
    /// of a field the 16 newest values.
    std::size_t apply(WriteRef ref, std::vector<FieldWrite> writes);

    const FieldState* field(Field field) const;
    /// The shown value; nothing if the field was never written or is cleared.
    const Value* shown(Field field) const;
    std::optional<std::int64_t> number(Field field) const;
    std::string text(Field field) const;  // empty if absent
    std::vector<base::ObjectId> ids(Field field) const;
    /// Fields with two or more live values.
    std::size_t conflicts() const;
    /// Ids of all live writes of a field: what a new write displaces on this screen.
    std::vector<std::uint64_t> liveIds(Field field) const;
    bool hasPending() const;

    /// Fixed layout (PROTOCOL.md, "State digest"): u8 kind ‖ id ‖ v fields × (v field ‖ v live ×
    /// (value ‖ v writes × (u64 id ‖ v position)) ‖ v superseded × u64).
    void encode(Bytes& out) const;
    static base::Result<Row> decode(base::Reader& in);
    bool operator==(const Row&) const = default;

private:
    FieldState& fieldFor(Field field);
    bool hasRoomFor(Field field) const;

    ObjectKind m_kind = ObjectKind::Task;
    base::ObjectId m_id;
    std::vector<FieldState> m_fields;  // ascending
};

/// A write of a field that displaces every live write of it, as it is shown now.
FieldWrite writeOver(const Row* row, Field field, Value value);

/// u8 type (0 cleared, 1 number, 2 text, 3 ids) ‖ zigzag v | v length and bytes | v count and ids.
void encodeValue(const Value& value, base::Writer& out);
Value decodeValue(base::Reader& in);

}  // namespace domain
