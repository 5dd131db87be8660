@0xd1c6a3f07be94c11;
# What an entry's body says: the domain changes of one act.
#
# Purpose: bodies of entries (PROTOCOL.md, "Bodies"). One message segment, unpacked, no capabilities.
# Limits:  a body unpacks to at most 1 MiB; at most 1,024 changes, 64 field writes a change, 64 replaced writes a
#          field and 65,536 of all fields together, 32 KiB a text.
# Rules:   ordinals are never reused; a change whose union tag is unknown is kept, relayed, counted and folded after
#          an upgrade. All integers are what they say; times are milliseconds since 1970-01-01T00:00:00Z, dates days
#          since 1970-01-01. Texts are NFC.
# Version log: 1 (2026-11) first version.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("schema");

struct Body {
  changes @0 :List(Change);
}

struct Change {
  union {
    written @0 :Written;
    noted @1 :Noted;
    genesis @2 :Signed;            # body: GenesisBody
    charter @3 :Signed;            # body: CharterBody
    authoritySet @4 :Signed;       # body: AuthorityBody
    unitDescribed @5 :UnitDescribed;
    invited @6 :Invited;
    deviceEnrolled @7 :DeviceEnrolled;
    officerEnrolled @8 :OfficerEnrolled;
    deviceRevoked @9 :DeviceRevoked;
    keyMade @10 :KeyMade;
    granted @11 :Granted;
    ruleSet @12 :RuleSet;
    calendarSet @13 :CalendarSet;
    invitationWithdrawn @14 :InvitationWithdrawn;
    stated @15 :Stated;
    judged @16 :Judged;
  }
}

# ---- Unit scopes -------------------------------------------------------------------------------

struct Written {
  # Fields of one object, each written as a whole.
  idLow @0 :UInt64;
  idHigh @1 :UInt64;
  kind @2 :UInt8;                  # 1 document, 2 task, 3 assignment
  fields @3 :List(FieldWrite);
  replaces @4 :List(UInt64);       # what each of the fields displaces, none of which then has a list of its own
}

struct FieldWrite {
  field @0 :UInt16;
  value :union {
    cleared @1 :Void;
    number @2 :Int64;              # numbers, dates, enumerations
    text @3 :Text;
    ids @4 :Data;                  # n x 16 bytes
  }
  replaces @5 :List(UInt64);       # first 8 bytes (little-endian) of h(n) of each write this one displaces
}

struct Noted {
  # Something said about an object; never replaced, never in conflict.
  idLow @0 :UInt64;
  idHigh @1 :UInt64;
  kind @2 :UInt8;                  # of the object
  note @3 :UInt8;                  # 1 progress, 2 comment, 3 obstacle
  text @4 :Text;
}

struct Stated {
  # A write that an officer answers for in person (PROTOCOL.md, "Statements").
  written @0 :Written;
  officer @1 :UInt64;              # first 8 bytes (little-endian) of the officer's key
  signature @2 :Data;              # by that key, context statement
}

struct Judged {
  # What the office has decided about an entry that came without the right. Adopted: the other changes of this one
  # are the entry's, which the office makes its own (PROTOCOL.md, "Decisions").
  entry @0 :Data;                  # 32 bytes: its act
  device @1 :Data;                 # that wrote it
  verdict @2 :UInt8;               # 1 adopted, 2 refused
  reason @3 :Text;
  claimed @4 :Int64;               # when it was written, by its author's clock
}

# ---- Directory ---------------------------------------------------------------------------------

struct Signed {
  body @0 :Data;                   # one Cap'n Proto message, exactly these bytes are signed
  signatures @1 :List(Data);       # Ed25519, in any order, by distinct authority keys
}

struct GenesisBody {
  name @0 :Text;
  code @1 :Text;                   # of the province unit
  authorityKeys @2 :List(Data);
  threshold @3 :UInt8;
  recoveryKey @4 :Data;            # X25519: the province recovery key
  charter @5 :CharterBody;         # version 1
  deviceKey @6 :Data;              # Ed25519 of the first office device
  exchangeKey @7 :Data;            # X25519 of it
  officerName @8 :Text;
  officerKey @9 :Data;
  officerRoles @10 :UInt16;        # bit set, see PROTOCOL.md
  rules @11 :List(RuleSet);
  calendar @12 :CalendarSet;
  nonce @13 :Data;                 # 16 random bytes: two provinces of one name differ
}

struct CharterBody {
  province @0 :Data;               # P; empty in genesis
  version @1 :UInt32;              # one counter with authority sets
  noiseKey @2 :Data;
  headKey @3 :Data;
}

struct AuthorityBody {
  province @0 :Data;
  version @1 :UInt32;
  keys @2 :List(Data);
  threshold @3 :UInt8;
}

struct UnitDescribed {
  code @0 :Text;
  name @1 :Text;
  level @2 :UInt8;                 # 1 province, 2 department, 3 commune
  parent @3 :Text;
}

struct Invited {
  number @0 :Data;
  publicKey @1 :Data;              # Ed25519 of the invitation
  unit @2 :Text;
  officer @3 :Text;
  roles @4 :UInt16;
  expiry @5 :Int64;
  tie @6 :Data;
  device @7 :Data;                 # for OfficerEnrolled: the device; else empty
  signatures @8 :List(Data);       # authority signatures, needed where roles hold administrator
}

struct DeviceEnrolled {
  number @0 :Data;
  deviceKey @1 :Data;
  exchangeKey @2 :Data;
  officerKey @3 :Data;
  signature @4 :Data;              # by the invitation key, context enrol
}

struct OfficerEnrolled {
  number @0 :Data;
  device @1 :Data;
  officerKey @2 :Data;
  signature @3 :Data;
}

struct InvitationWithdrawn {
  number @0 :Data;                 # of an invitation that was not used
}

struct DeviceRevoked {
  device @0 :Data;
  reason @1 :Text;
}

struct KeyMade {
  scope @0 :Data;
  version @1 :UInt32;
  commitment @2 :Data;
  previous @3 :Data;               # the key before, wrapped under this one; empty for version 1
  province @4 :Data;               # this key, wrapped under the province unit's key; empty for that unit's own
  provinceVersion @5 :UInt32;
  recovery @6 :Data;               # this key, boxed to the province recovery key
}

struct Granted {
  scope @0 :Data;
  version @1 :UInt32;
  device @2 :Data;
  box @3 :Data;
}

struct RuleSet {
  name @0 :Text;
  value @1 :Text;
}

struct CalendarSet {
  weekend @0 :UInt8;               # bit 0 Monday … bit 6 Sunday
  holidays @1 :List(Int32);        # days since 1970-01-01
  workdays @2 :List(Int32);        # make-up workdays
}
