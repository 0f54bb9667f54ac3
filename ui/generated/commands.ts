// Made by `cargo xtask bindings` from the Rust types. Do not edit.

/**
 * What to do with a row.
 */
export type Action = 'new' | 'skip' | 'merge';

/**
 * An answer. Its id is derived from visit, template and item, so that two laptops meet in it.
 */
export interface Answer {
  /**
   * The branch.
   */
  branch_id: BranchId | null;
  /**
   * Who answered.
   */
  engineer_id: EngineerId | null;
  /**
   * The item.
   */
  item: string;
  /**
   * A remark.
   */
  remark: string;
  /**
   * The template's version it was given for.
   */
  template_id: TemplateId | null;
  /**
   * The answer in the shape its item asks for; `null` when taken back.
   */
  value: unknown;
  /**
   * The visit.
   */
  visit_id: VisitId | null;
}

/**
 * An answer with its id.
 */
export interface AnswerEntry {
  /**
   * The answer.
   */
  answer: Answer;
  /**
   * Its id.
   */
  id: RecordId;
}

/**
 * What an answer looks like.
 */
export type AnswerKind =
  | {
      kind: 'yes_no';
    }
  | {
      /**
       * The option that "all as expected" fills in.
       */
      expected: string | null;
      kind: 'choice';
      /**
       * The options.
       */
      options: Choice[];
    }
  | {
      kind: 'choices';
      /**
       * The options.
       */
      options: Choice[];
    }
  | {
      kind: 'number';
      /**
       * Above this it fails.
       */
      max: number | null;
      /**
       * Below this it fails.
       */
      min: number | null;
      /**
       * Its unit, e.g. `GB`.
       */
      unit: string;
    }
  | {
      kind: 'text';
    }
  | {
      kind: 'date';
    }
  | {
      kind: 'photo';
    }
  | {
      kind: 'note';
    };

/**
 * An answer that is stored.
 */
export interface AnswerSaved {
  /**
   * The answer.
   */
  answer: AnswerEntry;
  /**
   * How the checklist stands now.
   */
  review: Review;
  /**
   * The visit lay before the customer and was taken back to work.
   */
  visit_reopened: boolean;
}

/**
 * The agreed appointment (M38).
 */
export interface Appointment {
  /**
   * When it was agreed.
   */
  agreed_at: string;
  /**
   * When the engineer is to be there.
   */
  at: string;
  /**
   * The contact, when they are on file.
   */
  contact_id: ContactId | null;
  /**
   * How it was agreed.
   */
  means: Means;
  /**
   * Their number.
   */
  phone: string;
  /**
   * With whom.
   */
  with: string;
}

/**
 * A file that belongs to a visit, and within it perhaps to an answer or a problem.
 */
export interface Attachment {
  /**
   * The answer or problem it belongs to.
   */
  about_id: RecordId | null;
  /**
   * When it was added.
   */
  added_at: string | null;
  /**
   * The branch.
   */
  branch_id: BranchId | null;
  /**
   * Size in bytes.
   */
  bytes: number;
  /**
   * What it shows.
   */
  caption: string;
  /**
   * Who added it.
   */
  engineer_id: EngineerId | null;
  /**
   * BLAKE3 of its bytes, 64 hexadecimal digits.
   */
  hash: string;
  /**
   * Pixels down, for pictures.
   */
  height: number | null;
  /**
   * Media type as found in its content.
   */
  media_type: string;
  /**
   * File name without a path.
   */
  name: string;
  /**
   * What it is for.
   */
  role: Role;
  /**
   * The visit.
   */
  visit_id: VisitId | null;
  /**
   * Pixels across, for pictures.
   */
  width: number | null;
}

/**
 * An attachment with its id.
 */
export interface AttachmentEntry {
  /**
   * The attachment.
   */
  attachment: Attachment;
  /**
   * Its id.
   */
  id: AttachmentId;
}

/**
 * A photo, a file, or a drawn signature.
 */
export type AttachmentId = RecordId;

/**
 * Why a column is thought to mean what it does.
 */
export type Basis = 'heading' | 'part_of_heading' | 'content' | 'person';

/**
 * Why a visit cannot be put before the customer yet.
 */
export interface Blocker {
  /**
   * What kind of gap.
   */
  code: Code;
  /**
   * The field.
   */
  field: string | null;
  /**
   * Its item.
   */
  item: string | null;
  /**
   * The problem or question it concerns.
   */
  record_id: RecordId | null;
  /**
   * The checklist.
   */
  template_id: TemplateId | null;
}

/**
 * A branch (分公司).
 */
export interface Branch {
  /**
   * Address.
   */
  address: string;
  /**
   * Two to six letters that begin the numbers of its papers, e.g. `CD`.
   */
  code: string;
  /**
   * Size of its customer base as the manual's table has it (M1).
   */
  customers_planned: number | null;
  /**
   * Certified engineers it must employ (M1).
   */
  engineers_required: number | null;
  /**
   * Its name.
   */
  name: string;
  /**
   * Telephone.
   */
  phone: string;
  /**
   * Region it serves.
   */
  region: string;
}

/**
 * A branch with its id.
 */
export interface BranchEntry {
  /**
   * The branch.
   */
  branch: Branch;
  /**
   * Its id.
   */
  id: BranchId;
}

/**
 * A branch of the vendor's.
 */
export type BranchId = RecordId;

/**
 * What HQ's answer brought.
 */
export interface BundleAnswer {
  /**
   * What waits has to be exported once more: HQ knows this laptop from a later copy, or was restored.
   */
  again: boolean;
  /**
   * Fields that lost against another's and are conflicts now.
   */
  conflicts: number;
  /**
   * Files that HQ has now.
   */
  files_sent: number;
  /**
   * Records that are new or newer.
   */
  received: number;
  /**
   * Of these, refused.
   */
  refused: number;
  /**
   * Operations that HQ answered.
   */
  sent: number;
}

/**
 * A file for HQ.
 */
export interface BundleFile {
  /**
   * Files in it.
   */
  files: number;
  /**
   * Its name.
   */
  name: string;
  /**
   * Operations in it.
   */
  operations: number;
  /**
   * Where.
   */
  path: string;
}

/**
 * What two customers have in common.
 */
export type By = 'dongle' | 'name' | 'phone' | 'similar_name';

/**
 * Whether the customer pays for the visit.
 */
export interface Charge {
  /**
   * Charged, or free.
   */
  charged: boolean;
  /**
   * Under what contract, or how much.
   */
  note: string;
}

/**
 * A checklist of a visit.
 */
export interface ChecklistFile {
  /**
   * The answers.
   */
  answers: AnswerEntry[];
  /**
   * How it stands.
   */
  review: Review;
  /**
   * The template as it was pinned.
   */
  template: Template;
  /**
   * The template's id.
   */
  template_id: TemplateId;
}

/**
 * An option of a choice.
 */
export interface Choice {
  /**
   * Choosing it fails the item.
   */
  fails: boolean;
  /**
   * Unique in the item.
   */
  id: string;
  /**
   * What choosing it says of the visit's problems and questions; it has to agree with what is recorded.
   */
  says: Says | null;
  /**
   * What it says.
   */
  text: Text;
}

/**
 * Which side of a conflict is to stand.
 */
export type Choice2 = 'standing' | 'other';

/**
 * A paragraph of small print.
 */
export interface Clause {
  /**
   * Whether it binds, and is printed bold.
   */
  bold: boolean;
  /**
   * What it says.
   */
  text: string;
}

/**
 * A clock that cannot be right.
 */
export interface ClockDoubt {
  /**
   * What it is at HQ, or was when something was last written here; absent where nobody knows.
   */
  expected: string | null;
  /**
   * What it says.
   */
  now: string;
  /**
   * Why.
   */
  reason: ClockReason;
}

/**
 * Why the clock cannot be right.
 */
export type ClockReason = 'impossible' | 'far_from_hq' | 'behind_records';

/**
 * Why something was refused or failed. Stable: laptops of older versions read these from HQ.
 */
export type Code =
  | 'invalid'
  | 'not_a_mail_address'
  | 'not_a_number'
  | 'missing'
  | 'too_large'
  | 'out_of_range'
  | 'not_yet'
  | 'bad_text'
  | 'not_found'
  | 'wrong_state'
  | 'no_appointment'
  | 'time_order'
  | 'sealed'
  | 'checklist_incomplete'
  | 'checklist_contradicts'
  | 'text_changed'
  | 'bad_tree'
  | 'out_of_scope'
  | 'conflict_moved'
  | 'not_enrolled'
  | 'already_enrolled'
  | 'code_wrong'
  | 'code_used'
  | 'code_expired'
  | 'unauthorized'
  | 'device_revoked'
  | 'device_wiped'
  | 'device_forked'
  | 'hq_unreachable'
  | 'not_hq'
  | 'hq_key_mismatch'
  | 'version_unsupported'
  | 'epoch_changed'
  | 'busy'
  | 'out_of_order'
  | 'hq_cannot_store'
  | 'hq_damaged'
  | 'cancelled'
  | 'locked'
  | 'wrong_passphrase'
  | 'weak_passphrase'
  | 'keychain_unavailable'
  | 'wrong_key'
  | 'store_in_use'
  | 'store_newer'
  | 'record_newer'
  | 'store_damaged'
  | 'disk_full'
  | 'not_writable'
  | 'file_damaged'
  | 'not_a_picture'
  | 'photo_tells'
  | 'dangerous_file'
  | 'picture_heic'
  | 'picture_too_large'
  | 'signature_too_little'
  | 'not_a_drawing'
  | 'not_a_table'
  | 'table_encrypted'
  | 'not_a_bundle'
  | 'bundle_foreign'
  | 'hash_mismatch'
  | 'bad_seal'
  | 'paper_failed'
  | 'printer_failed'
  | 'printer_refused'
  | 'printer_password'
  | 'printer_moved'
  | 'printer_tls'
  | 'printer_no_pdf'
  | 'internal';

/**
 * What we take from a customer list (M14).
 */
export type Column =
  | 'name'
  | 'group'
  | 'company'
  | 'project_office'
  | 'section'
  | 'level'
  | 'parent'
  | 'number'
  | 'region'
  | 'province'
  | 'city'
  | 'address'
  | 'postcode'
  | 'phone'
  | 'contact_name'
  | 'contact_mobile'
  | 'contact_position'
  | 'contact_email'
  | 'product'
  | 'product_version'
  | 'dongle_number'
  | 'quota_edition'
  | 'maintenance_until'
  | 'database_kind'
  | 'machine_notes'
  | 'file_valid_until'
  | 'notes';

/**
 * Somebody who comes along.
 */
export interface Companion {
  /**
   * Name.
   */
  name: string;
  /**
   * Whether they are of sales (M7).
   */
  sales: boolean;
}

/**
 * The vendor as it stands on every paper (M8).
 */
export interface Company {
  /**
   * Address of headquarters.
   */
  address: string;
  /**
   * Full legal name.
   */
  legal_name: string;
  /**
   * Logo, PNG or JPEG in base64; at most 128 KiB.
   */
  logo: string | null;
  /**
   * How personal data is handled, said before a customer signs. Empty: the text that ships.
   */
  privacy_notice: string;
  /**
   * What the receipt's small print says; HQ edits it. Empty: the text that ships.
   */
  receipt_clauses: Clause[];
  /**
   * Short name for screens.
   */
  short_name: string;
  /**
   * Supervision hotline: where customers complain about service.
   */
  supervision_hotline: string;
  /**
   * Support hotline (M8).
   */
  support_hotline: string;
  /**
   * Support mailbox (M8).
   */
  support_mail: string;
  /**
   * Service site (M8).
   */
  web: string;
}

/**
 * A page of conflicts.
 */
export interface ConflictPage {
  /**
   * Which row of the whole list, from 0, the conflict to find is; absent when it is not in the list.
   */
  found_at: number | null;
  /**
   * How many of all are open.
   */
  open: number;
  /**
   * The page.
   */
  rows: ConflictRow[];
  /**
   * How many of those asked for there are.
   */
  total: number;
}

/**
 * A conflict.
 */
export interface ConflictRow {
  /**
   * The other side is a proposal for a visit that was sealed meanwhile: only an amendment can take it over.
   */
  about_seal: boolean;
  /**
   * What it held before, oldest first.
   */
  earlier: EarlierRow[];
  /**
   * The field.
   */
  field: string;
  /**
   * Its id.
   */
  id: RecordId;
  /**
   * The question, for the answer to an item of a checklist.
   */
  item: Text | null;
  /**
   * Kind of the record.
   */
  kind: Kind;
  /**
   * Whether the own engineer may settle it.
   */
  may_settle: boolean;
  /**
   * What came later and did not see the other.
   */
  other: SideRow;
  /**
   * Why the other side cannot be chosen now.
   */
  other_blocked: Code | null;
  /**
   * Fields that only a newer version reads; it is settled there, or at HQ.
   */
  parked: string[];
  /**
   * When it came up, by HQ's clock.
   */
  raised_at: string | null;
  /**
   * The record.
   */
  record_id: RecordId | null;
  /**
   * How it was settled.
   */
  settled: SettlementRow | null;
  /**
   * What stands.
   */
  standing: SideRow;
  /**
   * What people know the record by; empty while it has not come yet.
   */
  title: string;
  /**
   * The visit that the record is, or belongs to.
   */
  visit_id: VisitId | null;
  /**
   * How it was settled here waits for HQ.
   */
  waiting: boolean;
}

/**
 * A person at a customer, who may move between offices.
 */
export interface Contact {
  /**
   * The branch.
   */
  branch_id: BranchId | null;
  /**
   * Where they work now; follows `posts`.
   */
  customer_id: CustomerId | null;
  /**
   * A tombstone.
   */
  deleted: boolean;
  /**
   * Mail.
   */
  email: string;
  /**
   * Who entered them.
   */
  engineer_id: EngineerId | null;
  /**
   * Mobile number.
   */
  mobile: string;
  /**
   * Name.
   */
  name: string;
  /**
   * Anything else.
   */
  notes: string;
  /**
   * Other telephone.
   */
  phone: string;
  /**
   * Position now; follows `posts`.
   */
  position: string;
  /**
   * Where they worked, oldest first; the last one is the present.
   */
  posts: Post[];
}

/**
 * A contact with their id.
 */
export interface ContactEntry {
  /**
   * The record.
   */
  contact: Contact;
  /**
   * Its id.
   */
  id: ContactId;
}

/**
 * A person at a customer.
 */
export type ContactId = RecordId;

/**
 * A record that was made.
 */
export interface Created {
  /**
   * Its id.
   */
  id: RecordId;
  /**
   * Its visit lay before the customer and was taken back to work.
   */
  visit_reopened: boolean;
}

/**
 * A customer's file (M14).
 */
export interface Customer {
  /**
   * Street address.
   */
  address: string;
  /**
   * The branch that serves it.
   */
  branch_id: BranchId | null;
  /**
   * A tombstone.
   */
  deleted: boolean;
  /**
   * Who opened the file.
   */
  engineer_id: EngineerId | null;
  /**
   * Until when the file counts as valid (M14).
   */
  file_valid_until: string | null;
  /**
   * Served by a dedicated team (M17).
   */
  key_account: boolean;
  /**
   * Level in the tree.
   */
  level: Level;
  /**
   * This file was merged into that one.
   */
  merged_into: CustomerId | null;
  /**
   * Full name.
   */
  name: string;
  /**
   * Anything else.
   */
  notes: string;
  /**
   * The number the vendor gave it.
   */
  number: string;
  /**
   * The customer above it.
   */
  parent_id: CustomerId | null;
  /**
   * Switchboard; several separated by 、.
   */
  phone: string;
  /**
   * Postcode.
   */
  postcode: string;
  /**
   * Region, e.g. 四川 成都.
   */
  region: string;
}

/**
 * How the customer answers; pictures are uploads.
 */
export type CustomerAnswer =
  | {
      mode: 'drawn';
      /**
       * Name.
       */
      name: string;
      /**
       * Position.
       */
      position: string;
      /**
       * The signature, an uploaded PNG.
       */
      signature: string;
    }
  | {
      mode: 'paper';
      /**
       * Name.
       */
      name: string;
      /**
       * A photo of the paper, uploaded.
       */
      paper: string;
      /**
       * Position.
       */
      position: string;
    }
  | {
      mode: 'refused';
      /**
       * Why.
       */
      reason: string;
      /**
       * Who saw it.
       */
      witness: string;
    };

/**
 * A customer with its id.
 */
export interface CustomerEntry {
  /**
   * The record.
   */
  customer: Customer;
  /**
   * Its id.
   */
  id: CustomerId;
}

/**
 * A customer's file.
 */
export interface CustomerFile {
  /**
   * Those above, the highest first.
   */
  ancestors: CustomerEntry[];
  /**
   * Those right below.
   */
  children: CustomerRow[];
  /**
   * People.
   */
  contacts: ContactEntry[];
  /**
   * The customer.
   */
  customer: Customer;
  /**
   * Its id.
   */
  id: CustomerId;
  /**
   * Products in use.
   */
  installations: InstallationEntry[];
  /**
   * Those that were merged into it and can be taken apart again.
   */
  merged: CustomerEntry[];
  /**
   * Open points nobody has settled.
   */
  open_points: OpenPointEntry[];
  /**
   * The customer, and what belongs to it, as far as only a newer version reads it.
   */
  parked: Parked[];
  /**
   * Everything done there, the latest first.
   */
  timeline: TimelineEntry[];
  /**
   * Changes wait for HQ.
   */
  waiting: boolean;
}

/**
 * A customer at any level of the tree.
 */
export type CustomerId = RecordId;

/**
 * A page of customers.
 */
export interface CustomerPage {
  /**
   * Which row of the whole list, from 0, the customer to find is, or the one that stands for it; absent when it is not
   * in the list.
   */
  found_at: number | null;
  /**
   * The page.
   */
  rows: CustomerRow[];
  /**
   * How many there are.
   */
  total: number;
}

/**
 * A customer in a list.
 */
export interface CustomerRow {
  /**
   * People on file.
   */
  contacts: number;
  /**
   * Until when the file is valid.
   */
  file_valid_until: string | null;
  /**
   * Its id.
   */
  id: CustomerId;
  /**
   * Products in use.
   */
  installations: number;
  /**
   * When someone was last there.
   */
  last_visit_at: string | null;
  /**
   * Level.
   */
  level: Level;
  /**
   * Name.
   */
  name: string;
  /**
   * Fields that only a newer version reads; what is shown for them is not so.
   */
  parked: string[];
  /**
   * Names of those above, the highest first.
   */
  path: string[];
  /**
   * Telephone.
   */
  phone: string;
  /**
   * Region.
   */
  region: string;
  /**
   * Changes wait for HQ.
   */
  waiting: boolean;
}

/**
 * A person's decision on a row.
 */
export interface Decision {
  /**
   * What to do.
   */
  action: Action;
  /**
   * Into which customer, for a merge.
   */
  into?: CustomerId | null;
  /**
   * The row's line.
   */
  line: number;
}

/**
 * One row as a customer to be.
 */
export interface Draft {
  /**
   * Street address.
   */
  address: string | null;
  /**
   * City.
   */
  city: string | null;
  /**
   * A person there.
   */
  contact: DraftContact | null;
  /**
   * Why the row cannot be taken; empty when it can.
   */
  errors: RowError[];
  /**
   * Validity of the file, that day included.
   */
  file_valid_until: string | null;
  /**
   * A product in use.
   */
  installation: DraftInstallation | null;
  /**
   * Line in the file, from 1.
   */
  line: number;
  /**
   * Probably no customer: a total, a signature, a remark. Left out unless a person wants it.
   */
  no_customer: boolean;
  /**
   * Notes.
   */
  notes: string | null;
  /**
   * Our own number for the customer.
   */
  number: string | null;
  /**
   * From the outermost unit down to the customer this row speaks of.
   */
  path: PathPart[];
  /**
   * Numbers in our way of writing.
   */
  phones: string[];
  /**
   * Postcode.
   */
  postcode: string | null;
  /**
   * Province.
   */
  province: string | null;
  /**
   * Cells, or parts of them, that nobody can read: the row is taken without them.
   */
  refused: RowError[];
  /**
   * Region.
   */
  region: string | null;
  /**
   * What a person should look at.
   */
  warnings: RowError[];
}

/**
 * A person at the customer.
 */
export interface DraftContact {
  /**
   * Mail addresses.
   */
  emails: string[];
  /**
   * Numbers in our way of writing, mobiles as a rule.
   */
  mobiles: string[];
  /**
   * Name.
   */
  name: string;
  /**
   * Position.
   */
  position: string | null;
}

/**
 * A product in use at the customer.
 */
export interface DraftInstallation {
  /**
   * Kind of database, as written.
   */
  database_kind: string | null;
  /**
   * Dongle or licence numbers; a cell may hold several.
   */
  dongle_numbers: string[];
  /**
   * What is to be known about the machine.
   */
  machine_notes: string | null;
  /**
   * Maintenance until, that day included.
   */
  maintenance_until: string | null;
  /**
   * Product.
   */
  product: string | null;
  /**
   * Quota edition (定额版本).
   */
  quota_edition: string | null;
  /**
   * Its version.
   */
  version: string | null;
}

/**
 * A row that may be the same customer as another.
 */
export interface Duplicate {
  /**
   * The strongest thing they have in common.
   */
  by: By;
  /**
   * The row's line, from 1.
   */
  line: number;
  /**
   * [`By::score`].
   */
  score: number;
  /**
   * The other.
   */
  with: With;
}

/**
 * A possible duplicate with the name of the other.
 */
export interface DuplicateRow {
  /**
   * The rows and what they share.
   */
  duplicate: Duplicate;
  /**
   * Name in the row.
   */
  name: string;
  /**
   * Name of the other.
   */
  other: string;
}

/**
 * What a conflict held before.
 */
export interface EarlierRow {
  /**
   * What lost.
   */
  other: SideRow;
  /**
   * How it was settled.
   */
  settled: SettlementRow | null;
  /**
   * What stood.
   */
  standing: SideRow;
}

/**
 * How text is written in a file.
 */
export type Encoding = 'utf8' | 'utf8_bom' | 'utf16_le' | 'utf16_be' | 'gbk' | 'gb18030';

/**
 * A member of the branch's staff (M6).
 */
export interface Engineer {
  /**
   * Number on the company badge.
   */
  badge: string;
  /**
   * The branch.
   */
  branch_id: BranchId | null;
  /**
   * Left the company or the branch.
   */
  left: boolean;
  /**
   * Manages the branch, and so may settle any conflict in it.
   */
  manager: boolean;
  /**
   * Name.
   */
  name: string;
  /**
   * Mobile number.
   */
  phone: string;
}

/**
 * An engineer with their id.
 */
export interface EngineerEntry {
  /**
   * The engineer.
   */
  engineer: Engineer;
  /**
   * Their id.
   */
  id: EngineerId;
}

/**
 * An engineer or another member of staff.
 */
export type EngineerId = RecordId;

/**
 * What to write.
 */
export type ExportFormat = 'xlsx' | 'csv_utf8' | 'csv_gbk';

/**
 * A command that did not go through.
 */
export interface Failure {
  /**
   * What kind of failure; the interface says it in the user's language.
   */
  code: Code;
  /**
   * The field it concerns.
   */
  field: string | null;
  /**
   * Finds it in the log.
   */
  id: string;
  /**
   * The line of a file it concerns, from 1.
   */
  line: number | null;
  /**
   * English, for logs.
   */
  message: string;
  /**
   * Whether trying again later can help.
   */
  retryable: boolean;
}

/**
 * Cells that stand apart from the table.
 */
export interface FarCells {
  /**
   * The leftmost column, from 0.
   */
  column: number;
  /**
   * How many.
   */
  count: number;
  /**
   * Line of the first, from 1.
   */
  line: number;
}

/**
 * Which visits.
 */
export type Filter = 'open' | 'mine' | 'sealed' | 'cancelled' | 'all';

/**
 * What the file turned out to be, whatever its name says.
 */
export type Format = 'csv' | 'xlsx' | 'xls';

/**
 * What was found.
 */
export interface Found {
  /**
   * The hits, the best first.
   */
  hits: Hit[];
}

/**
 * A sync that ended.
 */
export interface HistoryRow {
  /**
   * When.
   */
  at: string;
  /**
   * Why it did not go through.
   */
  code: string | null;
  /**
   * Whether it went through.
   */
  ok: boolean;
  /**
   * Records received.
   */
  received: number;
  /**
   * Operations sent.
   */
  sent: number;
}

/**
 * A hit.
 */
export interface Hit {
  /**
   * When the visit was or will be (RFC 3339, or a day); `None` for customers and contacts.
   */
  at: string | null;
  /**
   * The customer, the contact, the visit, or the record that the note stands in.
   */
  id: RecordId;
  /**
   * What was found.
   */
  kind: HitKind;
  /**
   * What to open: kind (customer or visit) and id.
   *
   * @minItems 2
   * @maxItems 2
   */
  open: [Kind, RecordId];
  /**
   * Where it belongs.
   */
  subtitle: string;
  /**
   * Its name; of a note, the words around what was found.
   */
  title: string;
}

/**
 * What was found.
 */
export type HitKind = 'customer' | 'contact' | 'visit' | 'note';

/**
 * What was taken.
 */
export interface ImportDone {
  /**
   * Rows that could not be taken.
   */
  bad: number;
  /**
   * Cells nobody can read, of rows that were taken.
   */
  cells_refused: number;
  /**
   * New customers.
   */
  created: number;
  /**
   * Rows merged.
   */
  merged: number;
  /**
   * Rows left out by decision, or because they are probably no customer.
   */
  skipped: number;
}

/**
 * A table that was read, and what its columns seem to mean.
 */
export interface ImportPreview {
  /**
   * Names the import in the next steps.
   */
  import: string;
  /**
   * What the columns seem to mean.
   */
  matching: Matching;
  /**
   * The first lines.
   */
  sheet: SheetPreview;
}

/**
 * How far an import is.
 */
export interface ImportProgress {
  /**
   * Rows taken so far.
   */
  done: number;
  /**
   * Rows in all.
   */
  total: number;
}

/**
 * The rows checked.
 */
export interface ImportReview {
  /**
   * Rows that cannot.
   */
  bad: number;
  /**
   * Up to 200 rows each: bad ones, probably none, incomplete ones, whole ones.
   */
  drafts: Draft[];
  /**
   * Rows that may be a customer there already is, or another row.
   */
  duplicates: DuplicateRow[];
  /**
   * Rows that can be taken.
   */
  good: number;
  /**
   * Rows of them that are taken without some of their cells, which nobody can read.
   */
  incomplete: number;
  /**
   * Rows that are probably no customer, left out unless a decision wants them.
   */
  no_customer: number;
}

/**
 * A product in use at a customer.
 */
export interface Installation {
  /**
   * The branch.
   */
  branch_id: BranchId | null;
  /**
   * Where it is used.
   */
  customer_id: CustomerId | null;
  /**
   * Kind of database, e.g. Access, SQL Server.
   */
  database_kind: string;
  /**
   * A tombstone.
   */
  deleted: boolean;
  /**
   * Dongle or licence number (加密锁号 / 授权号).
   */
  dongle_number: string;
  /**
   * Who entered it.
   */
  engineer_id: EngineerId | null;
  /**
   * Notes on the machine.
   */
  machine_notes: string;
  /**
   * Last day of maintenance (维护期至).
   */
  maintenance_until: string | null;
  /**
   * The product, when it is one of the vendor's list.
   */
  product_id: ProductId | null;
  /**
   * Its name as it came, when it is not on the list.
   */
  product_name: string;
  /**
   * Quota edition (定额版本).
   */
  quota_edition: string;
  /**
   * Installed version.
   */
  version: string;
}

/**
 * An installation with its id.
 */
export interface InstallationEntry {
  /**
   * Its id.
   */
  id: InstallationId;
  /**
   * The record.
   */
  installation: Installation;
}

/**
 * A product in use at a customer.
 */
export type InstallationId = RecordId;

/**
 * A question of a checklist.
 */
export interface Item {
  /**
   * What an answer looks like.
   */
  answer: AnswerKind;
  /**
   * How to find out.
   */
  help: Text;
  /**
   * Unique in the template; answers refer to it.
   */
  id: string;
  /**
   * For the engineer only, never printed for the customer (M39, M40).
   */
  internal: boolean;
  /**
   * Must be answered.
   */
  required: boolean;
  /**
   * Shown only when an earlier answer says so.
   */
  shown_when: ShownWhen | null;
  /**
   * What is asked.
   */
  text: Text;
  /**
   * What a failed item asks for.
   */
  when_failed: WhenFailed;
}

/**
 * An item of a checklist.
 */
export interface ItemOf {
  /**
   * The item.
   */
  item: string;
  /**
   * The template.
   */
  template: TemplateId;
}

/**
 * How an item stands.
 */
export type ItemOutcome = 'open' | 'passed' | 'failed' | 'not_applicable' | 'note';

/**
 * An item that is shown, and how it stands.
 */
export interface ItemReview {
  /**
   * The item's id.
   */
  item: string;
  /**
   * It is required and open, or failed without its remark or photo.
   */
  missing: boolean;
  /**
   * How it stands.
   */
  outcome: ItemOutcome;
}

/**
 * A job that the printer took.
 */
export interface Job {
  /**
   * The printer's number for it; empty when it gave none.
   */
  job: string;
  /**
   * Why.
   */
  reasons: JobReason[];
  /**
   * How it stands.
   */
  state: JobState;
}

/**
 * Why a job stands as it does, as far as a person can do something about it.
 */
export type JobReason =
  'paper' | 'jam' | 'ink' | 'cover' | 'tray' | 'paused' | 'offline' | 'release' | 'account' | 'format';

/**
 * How a job stands.
 */
export type JobState =
  'waiting' | 'held' | 'printing' | 'stopped' | 'cancelled' | 'aborted' | 'done' | 'unknown';

/**
 * The name of a record's kind. Known ones are constants; an unknown one is kept as it came.
 */
export type Kind = string;

/**
 * Language of the interface.
 */
export type Language = 'system' | 'zh' | 'en';

/**
 * Where in the tree a customer stands; any level can stand alone.
 */
export type Level = 'group' | 'company' | 'project_office' | 'section';

/**
 * One column of the file and what it means.
 */
export interface MatchedColumn {
  /**
   * Why.
   */
  basis: Basis;
  /**
   * What it means.
   */
  column: Column;
  /**
   * How sure, in percent.
   */
  confidence: number;
  /**
   * Which column of the sheet, from 0.
   */
  index: number;
}

/**
 * What the columns of a file mean.
 */
export interface Matching {
  /**
   * At most one for each [`Column`] and each index, by index.
   */
  columns: MatchedColumn[];
  /**
   * Columns of the file with something in them that nothing is taken from.
   */
  left_out: number[];
}

/**
 * How an appointment was agreed.
 */
export type Means = 'phone' | 'message' | 'mail' | 'in_person';

/**
 * Something left to do (遗留问题). It comes up on the next visit.
 */
export interface OpenPoint {
  /**
   * The branch.
   */
  branch_id: BranchId | null;
  /**
   * The customer, so that the next visit finds it.
   */
  customer_id: CustomerId | null;
  /**
   * A tombstone.
   */
  deleted: boolean;
  /**
   * When it was done.
   */
  done_on: string | null;
  /**
   * The visit that settled it.
   */
  done_visit_id: VisitId | null;
  /**
   * By when.
   */
  due: string | null;
  /**
   * Who wrote it down.
   */
  engineer_id: EngineerId | null;
  /**
   * What is left to do.
   */
  text: string;
  /**
   * The visit it came up in.
   */
  visit_id: VisitId | null;
  /**
   * Who does it.
   */
  who: string;
}

/**
 * An open point with its id.
 */
export interface OpenPointEntry {
  /**
   * Its id.
   */
  id: RecordId;
  /**
   * The record.
   */
  open_point: OpenPoint;
}

/**
 * An open point with its customer.
 */
export interface OpenPointRow {
  /**
   * The customer's name.
   */
  customer: string;
  /**
   * Its id.
   */
  id: RecordId;
  /**
   * The open point.
   */
  open_point: OpenPoint;
  /**
   * Fields that only a newer version reads.
   */
  parked: string[];
}

/**
 * A receipt, on the desk.
 */
export interface OpenReceipt {
  /**
   * Names the PDF's bytes.
   */
  download: string;
  /**
   * A name for the file.
   */
  file_name: string;
  /**
   * Hash of the content; before signing, of the text.
   */
  hash: string;
  /**
   * Number on the paper; absent before signing.
   */
  number: string | null;
}

/**
 * An attachment's bytes, on the desk.
 */
export interface Opened {
  /**
   * Names the bytes.
   */
  download: string;
  /**
   * Their media type.
   */
  media_type: string;
}

/**
 * What the customer said, as HQ reads it.
 */
export interface Opinion {
  /**
   * 1 (very dissatisfied) to 5 (very satisfied).
   */
  grade: number;
  /**
   * In their own words.
   */
  words?: string;
}

/**
 * How the customer answered.
 */
export type Outcome =
  | {
      /**
       * When.
       */
      at: string;
      mode: 'drawn';
      /**
       * Name.
       */
      name: string;
      /**
       * Position.
       */
      position: string;
      /**
       * The picture of the signature.
       */
      signature: AttachmentId;
    }
  | {
      /**
       * When.
       */
      at: string;
      mode: 'paper';
      /**
       * Name.
       */
      name: string;
      /**
       * The photo.
       */
      paper: AttachmentId;
      /**
       * Position.
       */
      position: string;
    }
  | {
      /**
       * When.
       */
      at: string;
      mode: 'refused';
      /**
       * Why.
       */
      reason: string;
      /**
       * Who saw it.
       */
      witness: string;
    };

/**
 * Language of a paper.
 */
export type PaperLanguage = 'zh' | 'en';

/**
 * A record with something in it that only a newer version reads.
 */
export interface Parked {
  /**
   * The fields that are shown as if they had never been set.
   */
  fields: string[];
  /**
   * The record.
   */
  id: RecordId;
  /**
   * Its kind.
   */
  kind: Kind;
}

/**
 * A level of the tree with its name.
 */
export interface PathPart {
  /**
   * The level.
   */
  level: Level;
  /**
   * The name.
   */
  name: string;
}

/**
 * Where the laptop stands.
 */
export type Phase = 'first_start' | 'locked' | 'enrolling' | 'ready' | 'damaged' | 'broken';

/**
 * A visit that was planned.
 */
export interface Planned {
  /**
   * Its id.
   */
  id: RecordId;
}

/**
 * Where a contact worked, and from when to when.
 */
export interface Post {
  /**
   * The office.
   */
  customer_id: CustomerId | null;
  /**
   * First day.
   */
  from: string | null;
  /**
   * Position there.
   */
  position: string;
  /**
   * Last day; absent while they work there.
   */
  to: string | null;
}

/**
 * A printer.
 */
export interface Printer {
  /**
   * Whether it is offered first.
   */
  default: boolean;
  /**
   * Where it is to be reached instead, when it says so or was found there.
   */
  instead: string | null;
  /**
   * Its name.
   */
  name: string;
  /**
   * Its address for people's eyes: without a password.
   */
  shown: string;
  /**
   * Whether it answers and takes jobs.
   */
  state: PrinterState;
  /**
   * Its address, which names it in other commands.
   */
  uri: string;
}

/**
 * How a printer stands.
 */
export type PrinterState =
  'ready' | 'stopped' | 'away' | 'no_printer' | 'password' | 'moved' | 'tls' | 'no_pdf' | 'refused';

/**
 * A problem met on a visit (M41, M42).
 */
export interface Problem {
  /**
   * What was done.
   */
  action: string;
  /**
   * The branch.
   */
  branch_id: BranchId | null;
  /**
   * 原因分析 (M41)
   */
  cause: string;
  /**
   * A tombstone.
   */
  deleted: boolean;
  /**
   * Who wrote it down.
   */
  engineer_id: EngineerId | null;
  /**
   * What the customer was told about the cause (M41).
   */
  explanation: string;
  /**
   * 操作指导: how it is done right (M42).
   */
  guidance: string;
  /**
   * How it ended; absent while it is being worked on.
   */
  solved: Solved | null;
  /**
   * 问题现象
   */
  symptom: string;
  /**
   * The visit.
   */
  visit_id: VisitId | null;
}

/**
 * A problem with its id.
 */
export interface ProblemEntry {
  /**
   * Its id.
   */
  id: RecordId;
  /**
   * The record.
   */
  problem: Problem;
}

/**
 * A product of the vendor's.
 */
export interface Product {
  /**
   * Short stable code.
   */
  code: string;
  /**
   * Name.
   */
  name: Text;
  /**
   * Quota editions (定额版本) it works with, newest first.
   */
  quota_editions: string[];
  /**
   * No longer sold.
   */
  retired: boolean;
  /**
   * Versions in the field, newest first.
   */
  versions: string[];
}

/**
 * A product by its id, as lists show it.
 */
export interface ProductEntry {
  /**
   * Its id.
   */
  id: ProductId;
  /**
   * The product.
   */
  product: Product;
}

/**
 * A product of the vendor's.
 */
export type ProductId = RecordId;

/**
 * State and times: one field, since they mean something only together.
 */
export interface Progress {
  /**
   * When they arrived.
   */
  arrived_at: string | null;
  /**
   * Why it was cancelled.
   */
  cancelled_reason: string;
  /**
   * When the engineer left for the customer.
   */
  departed_at: string | null;
  /**
   * Why it was entered afterwards (补录); empty when it was not.
   */
  entered_afterwards: string;
  /**
   * When work ended.
   */
  finished_at: string | null;
  /**
   * Why it began without an agreed appointment (M38).
   */
  no_appointment_reason: string;
  /**
   * Earlier appointments.
   */
  rescheduled: Rescheduled[];
  /**
   * When it was sealed.
   */
  sealed_at: string | null;
  /**
   * When work began.
   */
  started_at: string | null;
  /**
   * Where the visit stands.
   */
  state: State;
}

/**
 * A question of the customer's, with its answer (M42).
 */
export interface Question {
  /**
   * What was answered.
   */
  answer: string;
  /**
   * The branch.
   */
  branch_id: BranchId | null;
  /**
   * A tombstone.
   */
  deleted: boolean;
  /**
   * Who wrote it down.
   */
  engineer_id: EngineerId | null;
  /**
   * What was asked.
   */
  question: string;
  /**
   * The visit.
   */
  visit_id: VisitId | null;
}

/**
 * A question with its id.
 */
export interface QuestionEntry {
  /**
   * Its id.
   */
  id: RecordId;
  /**
   * The record.
   */
  question: Question;
}

/**
 * An operation in the queue.
 */
export interface QueueRow {
  /**
   * When it was written.
   */
  at: string;
  /**
   * Why HQ refused it.
   */
  code: Code | null;
  /**
   * The customer that it is, or belongs to.
   */
  customer_id: CustomerId | null;
  /**
   * The fields it changes.
   */
  fields: string[];
  /**
   * The record.
   */
  id: RecordId;
  /**
   * Kind of the record.
   */
  kind: Kind;
  /**
   * How it stands.
   */
  state: QueueState;
  /**
   * What people know it by.
   */
  title: string;
  /**
   * The visit that it is, or belongs to.
   */
  visit_id: VisitId | null;
}

/**
 * How an operation in the queue stands.
 */
export type QueueState = 'waiting' | 'sent' | 'refused';

/**
 * The id of any record, whatever its kind: a UUIDv7, or a UUIDv5 where a natural key decides it.
 */
export type RecordId = string;

/**
 * An appointment that was moved.
 */
export interface Rescheduled {
  /**
   * When it was to be.
   */
  from: string;
  /**
   * Why.
   */
  reason: string;
  /**
   * When it is now.
   */
  to: string;
}

/**
 * Where a restored store comes from.
 */
export type RestoredFrom = 'itself' | 'snapshot' | 'nothing';

/**
 * A checklist as it stands.
 */
export interface Review {
  /**
   * Those answered.
   */
  answered: number;
  /**
   * Those failed.
   */
  failed: number;
  /**
   * The items that are shown, in order.
   */
  items: ItemReview[];
  /**
   * Items that keep the visit from being put before the customer.
   */
  missing: string[];
  /**
   * Shown items that can be answered.
   */
  total: number;
}

/**
 * What an attachment is for.
 */
export type Role = 'photo' | 'file' | 'signature' | 'signed_paper';

/**
 * What is wrong with a cell, or to be looked at. The interface has a sentence for each.
 */
export type RowCode =
  | 'name_missing'
  | 'too_long'
  | 'level_unknown'
  | 'level_conflict'
  | 'date_invalid'
  | 'date_ambiguous'
  | 'date_out_of_range'
  | 'phone_invalid'
  | 'email_invalid'
  | 'spreadsheet_error'
  | 'not_computed'
  | 'digits_lost'
  | 'phone_without_area_code'
  | 'not_a_mobile'
  | 'day_assumed'
  | 'open_ended'
  | 'split_from_name'
  | 'postcode_odd'
  | 'contact_without_name'
  | 'words_beside_phone'
  | 'group_as_company'
  | 'looks_like_total'
  | 'looks_like_note';

/**
 * Something about one cell of a row.
 */
export interface RowError {
  /**
   * What.
   */
  code: RowCode;
  /**
   * Which column of ours.
   */
  column: Column;
  /**
   * The value as written.
   */
  value: string;
}

/**
 * A change that is stored.
 */
export interface Saved {
  /**
   * When.
   */
  saved_at: string;
  /**
   * The visit lay before the customer and was taken back to work: what they read no longer counts.
   */
  visit_reopened: boolean;
}

/**
 * A file that was saved.
 */
export interface SavedFile {
  /**
   * Names its bytes on the desk; absent when they are too many for it.
   */
  download: string | null;
  /**
   * Its name.
   */
  name: string;
  /**
   * Where.
   */
  path: string;
}

/**
 * What an option says of the visit's problems and questions.
 */
export type Says = 'no_problem' | 'problem' | 'all_solved' | 'not_solved' | 'no_question';

/**
 * A sealed revision in a list.
 */
export interface SealRow {
  /**
   * Whether it is the one of its revision that counts; another laptop may have sealed the same revision.
   */
  counts: boolean;
  /**
   * Hash of the content.
   */
  hash: string;
  /**
   * Its id.
   */
  id: RecordId;
  /**
   * Number on the paper.
   */
  number: string;
  /**
   * Why there is a revision above 1.
   */
  reason: string;
  /**
   * Revision.
   */
  revision: number;
  /**
   * When.
   */
  sealed_at: string | null;
  /**
   * Whether hash and signature hold.
   */
  valid: boolean;
}

/**
 * A part of a checklist.
 */
export interface Section {
  /**
   * Unique in the template.
   */
  id: string;
  /**
   * Its items.
   */
  items: Item[];
  /**
   * Title.
   */
  title: Text;
}

/**
 * A section that was filled.
 */
export interface SectionFilled {
  /**
   * The checklist as it stands now.
   */
  checklist: ChecklistFile;
  /**
   * The visit lay before the customer and was taken back to work.
   */
  visit_reopened: boolean;
}

/**
 * Where the laptop stands, and who works on it.
 */
export interface Session {
  /**
   * Their branch.
   */
  branch: BranchEntry | null;
  /**
   * The vendor.
   */
  company: Company | null;
  /**
   * The laptop's short name on papers.
   */
  device_code: string | null;
  /**
   * Who works on it; their name is empty until the first sync.
   */
  engineer: EngineerEntry | null;
  /**
   * Whether the key can be kept in the keychain.
   */
  keychain: boolean;
  /**
   * Where it stands.
   */
  phase: Phase;
  /**
   * Why the store is broken, why the keychain did not open it, or that HQ had it destroyed (`device_wiped`).
   */
  problem: Failure | null;
  /**
   * Why HQ no longer knows this laptop, as the last sync was told: it may enrol anew then, and keeps everything.
   */
  refused: Code | null;
  /**
   * The moment of the last good copy of a damaged store.
   */
  snapshot: string | null;
  /**
   * Version of the app.
   */
  version: string;
  /**
   * Minutes that local time is ahead of UTC.
   */
  zone_minutes: number;
}

/**
 * Settings of this laptop.
 */
export interface Settings {
  /**
   * The printer that is offered first.
   */
  default_printer: string | null;
  /**
   * Language of the interface.
   */
  language: Language;
  /**
   * In syncs that come by themselves, files above 1 MiB wait for one that a person starts.
   */
  large_files_wait: boolean;
  /**
   * Printers added by hand, `ipp://host:port/path`.
   */
  printers: string[];
  /**
   * Where saved papers and exports go; empty for the documents folder.
   */
  save_folder: string;
  /**
   * Sync by itself, soon after something was written and now and then.
   */
  sync_background: boolean;
  /**
   * Light or dark.
   */
  theme: Theme;
}

/**
 * How a conflict was settled.
 */
export interface SettlementRow {
  /**
   * When.
   */
  at: string;
  /**
   * Who settled it: the engineer's name, or the account's at HQ.
   */
  by: string;
  /**
   * The side that was chosen; absent when it was settled by itself.
   */
  choice: Choice2 | null;
  /**
   * HQ settled it.
   */
  hq: boolean;
  /**
   * The own engineer settled it.
   */
  mine: boolean;
  /**
   * Why. Empty when nobody had to choose, because the two sides came to say the same.
   */
  reason: string;
  /**
   * The value that was chosen.
   */
  value: unknown;
}

/**
 * The first lines of a table.
 */
export interface SheetPreview {
  /**
   * How its text is encoded.
   */
  encoding: Encoding | null;
  /**
   * Cells far to the right of the table, which were not read.
   */
  far: FarCells | null;
  /**
   * What it turned out to be.
   */
  format: Format;
  /**
   * Headings.
   */
  header: string[];
  /**
   * Columns that are hidden, from 0.
   */
  hidden_columns: number[];
  /**
   * How many rows are hidden or filtered out.
   */
  hidden_rows: number;
  /**
   * Those of them, and perhaps this one, that are hidden.
   */
  hidden_sheets: string[];
  /**
   * Its name promised something else.
   */
  name_disagrees: boolean;
  /**
   * Other sheets that can be read instead.
   */
  other_sheets: string[];
  /**
   * How many rows there are.
   */
  row_count: number;
  /**
   * The first rows.
   */
  rows: string[][];
  /**
   * The sheet that was read.
   */
  sheet_name: string | null;
}

/**
 * Which conflicts.
 */
export type Show = 'open' | 'settled' | 'all';

/**
 * The condition under which an item is shown.
 */
export interface ShownWhen {
  /**
   * Shown when the earlier answer is one of these: `yes`, `no`, `na`, or the id of an option.
   */
  is: string[];
  /**
   * An earlier item.
   */
  item: string;
}

/**
 * One side of a conflict.
 */
export interface SideRow {
  /**
   * Who wrote it; empty for HQ, and while their record has not come yet.
   */
  engineer: string;
  /**
   * HQ wrote it.
   */
  hq: boolean;
  /**
   * What the record is called that the value names; absent when it names none.
   */
  label: string | null;
  /**
   * The own engineer wrote it.
   */
  mine: boolean;
  /**
   * The value; `null` when the field was cleared.
   */
  value: unknown;
  /**
   * When, by the writer's clock.
   */
  written_at: string | null;
}

/**
 * The text that was put before the customer, frozen by its hash, and how they answered.
 */
export interface Signing {
  /**
   * How they answered; absent while they read.
   */
  outcome: Outcome | null;
  /**
   * When it was put before them.
   */
  presented_at: string;
  /**
   * BLAKE3 of the canonical document without any signature: what they read.
   */
  text_hash: string;
}

/**
 * How a problem ended.
 */
export type Solved = 'solved' | 'not_solved';

/**
 * Where a visit stands.
 */
export type State =
  'planned' | 'agreed' | 'on_the_way' | 'arrived' | 'working' | 'presented' | 'sealed' | 'cancelled';

/**
 * A step a person takes with a visit.
 */
export type Step =
  | {
      /**
       * The appointment.
       */
      appointment: Appointment;
      step: 'agree';
    }
  | {
      /**
       * The new appointment.
       */
      appointment: Appointment;
      /**
       * Why.
       */
      reason: string;
      step: 'reschedule';
    }
  | {
      /**
       * When.
       */
      at: string;
      step: 'depart';
      /**
       * Why there is no agreed appointment, if there is none (M38).
       */
      without_appointment?: string;
    }
  | {
      /**
       * When.
       */
      at: string;
      step: 'arrive';
    }
  | {
      /**
       * When.
       */
      at: string;
      step: 'begin';
    }
  | {
      /**
       * When they arrived.
       */
      arrived_at: string;
      /**
       * When the engineer left.
       */
      departed_at: string;
      /**
       * When work ended.
       */
      finished_at: string;
      /**
       * Why.
       */
      reason: string;
      step: 'enter_afterwards';
    }
  | {
      /**
       * When.
       */
      at: string;
      step: 'present';
      /**
       * Hash of the text.
       */
      text_hash: string;
    }
  | {
      step: 'withdraw';
    }
  | {
      /**
       * Why.
       */
      reason: string;
      step: 'cancel';
    }
  | {
      /**
       * Why.
       */
      reason: string;
      step: 'amend';
    };

/**
 * A step without its particulars, for the interface to offer.
 */
export type StepKind =
  | 'agree'
  | 'reschedule'
  | 'depart'
  | 'arrive'
  | 'begin'
  | 'enter_afterwards'
  | 'present'
  | 'sign'
  | 'withdraw'
  | 'cancel'
  | 'amend'
  | 'drop_amendment';

/**
 * What came of restoring a damaged store.
 */
export interface StoreRestored {
  /**
   * The moment of the copy, where it was one.
   */
  at: string | null;
  /**
   * Whether every change that had not been sent was found.
   */
  complete: boolean;
  /**
   * Changes that had not been sent, and were found.
   */
  rescued: number;
  /**
   * Where the laptop stands now.
   */
  session: Session;
  /**
   * Where the records come from.
   */
  source: RestoredFrom;
}

/**
 * The sync at a glance.
 */
export interface SyncState {
  /**
   * Conflicts nobody has settled.
   */
  conflicts: number;
  /**
   * What is done of the step: records, or bytes of files.
   */
  done: number;
  /**
   * Where HQ is.
   */
  hq_address: string | null;
  /**
   * Why the last one did not.
   */
  last_error: Failure | null;
  /**
   * When a sync last went through.
   */
  last_ok_at: string | null;
  /**
   * Records of a newer version, kept for later.
   */
  parked: number;
  /**
   * Records received by the last sync, or so far.
   */
  received: number;
  /**
   * Changes HQ refused.
   */
  refused: number;
  /**
   * Grows with every change.
   */
  revision: number;
  /**
   * Whether a sync is running.
   */
  running: boolean;
  /**
   * Changes sent by the last sync, or so far.
   */
  sent: number;
  /**
   * Its step.
   */
  step: SyncStep | null;
  /**
   * The whole of the step.
   */
  total: number;
  /**
   * Changes that wait for HQ.
   */
  waiting: number;
  /**
   * Files that wait for HQ.
   */
  waiting_files: number;
}

/**
 * The steps of a sync.
 */
export type SyncStep = 'hello' | 'push' | 'pull' | 'upload' | 'download';

/**
 * A checklist template. A new version is a new record; old ones stay for the answers given to them.
 */
export interface Template {
  /**
   * What all versions share, e.g. `fault`.
   */
  code: string;
  /**
   * No longer offered.
   */
  retired: boolean;
  /**
   * Its sections.
   */
  sections: Section[];
  /**
   * Title.
   */
  title: Text;
  /**
   * 1, 2, 3 …; the highest one is offered for new visits.
   */
  version: number;
  /**
   * Kinds of visit it is offered for.
   */
  visit_kinds: VisitKind[];
}

/**
 * A template with its id.
 */
export interface TemplateEntry {
  /**
   * Its id.
   */
  id: TemplateId;
  /**
   * The template.
   */
  template: Template;
}

/**
 * One version of a checklist template.
 */
export type TemplateId = RecordId;

/**
 * A text in both languages of the product.
 */
export interface Text {
  /**
   * English.
   */
  en: string;
  /**
   * Chinese.
   */
  zh: string;
}

/**
 * Light or dark.
 */
export type Theme = 'system' | 'light' | 'dark';

/**
 * Something done at a customer.
 */
export interface TimelineEntry {
  /**
   * When; the planned day counts where nothing else is known.
   */
  at: string | null;
  /**
   * The engineer.
   */
  engineer: string;
  /**
   * The visit.
   */
  id: VisitId;
  /**
   * What it was for.
   */
  kind: VisitKind;
  /**
   * Number on the paper.
   */
  number: string | null;
  /**
   * Fields that only a newer version reads.
   */
  parked: string[];
  /**
   * The planned day.
   */
  planned_on: string | null;
  /**
   * Where it stands.
   */
  state: State;
  /**
   * In one line.
   */
  title: string;
}

/**
 * The day at a glance.
 */
export interface Today {
  /**
   * The day.
   */
  date: string;
  /**
   * Customer files that end within thirty days (M14).
   */
  expiring: CustomerRow[];
  /**
   * Open points due within a week, or overdue.
   */
  open_points: OpenPointRow[];
  /**
   * Planned, with no appointment yet (M38).
   */
  to_agree: VisitRow[];
  /**
   * Begun on an earlier day and not signed.
   */
  unfinished: VisitRow[];
  /**
   * The next seven days.
   */
  upcoming: VisitRow[];
  /**
   * Today's visits by time.
   */
  visits: VisitRow[];
}

/**
 * What to do with what a camera noted.
 */
export type Traces = 'keep' | 'remove';

/**
 * Characters of a field that are printed as their numbers.
 */
export interface Unprintable {
  /**
   * The characters, each once.
   */
  characters: string;
  /**
   * The field.
   */
  field: string;
  /**
   * Kind of the record.
   */
  kind: Kind;
}

/**
 * Validity of a customer's file (M14).
 */
export type Validity = 'any' | 'valid' | 'expiring' | 'expired';

/**
 * A visit.
 */
export interface Visit {
  /**
   * Why there is a revision above 1.
   */
  amendment_reason: string;
  /**
   * The agreed appointment.
   */
  appointment: Appointment | null;
  /**
   * The branch (M6).
   */
  branch_id: BranchId | null;
  /**
   * Charged or free.
   */
  charge: Charge;
  /**
   * Checklist templates, pinned to their versions (R1).
   */
  checklists: TemplateId[];
  /**
   * Who came along.
   */
  companions: Companion[];
  /**
   * The customer.
   */
  customer_id: CustomerId | null;
  /**
   * A tombstone.
   */
  deleted: boolean;
  /**
   * What was demonstrated (M7).
   */
  demonstrated: string;
  /**
   * The engineer who takes it over, of whatever branch: their laptop gets it and writes it.
   */
  dispatched_to: EngineerId | null;
  /**
   * The engineer who answers for it (M6).
   */
  engineer_id: EngineerId | null;
  /**
   * What was handed over (M7).
   */
  handed_over: string;
  /**
   * The installation it concerns.
   */
  installation_id: InstallationId | null;
  /**
   * For colleagues only; never printed.
   */
  internal_notes: string;
  /**
   * What it is for.
   */
  kind: VisitKind;
  /**
   * The day it is planned for.
   */
  planned_on: string | null;
  /**
   * The product it concerns (M12).
   */
  product_id: ProductId | null;
  /**
   * Its version.
   */
  product_version: string;
  /**
   * State and its times.
   */
  progress: Progress;
  /**
   * What the customer holds against the record.
   */
  reservations: string;
  /**
   * 1, and one more with each amendment.
   */
  revision: number;
  /**
   * Number of the paper that counts, where a revision was sealed twice and somebody settled which.
   */
  seal: string | null;
  /**
   * Being put before the customer, and what they did.
   */
  signing: Signing | null;
  /**
   * What the customer asked for, in one line.
   */
  subject: string;
}

/**
 * A visit with everything that belongs to it.
 */
export interface VisitFile {
  /**
   * Photos and files.
   */
  attachments: AttachmentEntry[];
  /**
   * Why it cannot be put before the customer yet.
   */
  blockers: Blocker[];
  /**
   * Checklists.
   */
  checklists: ChecklistFile[];
  /**
   * People at the customer.
   */
  contacts: ContactEntry[];
  /**
   * The customer; absent while the record has not come yet.
   */
  customer: CustomerEntry | null;
  /**
   * Open points of earlier visits: unsettled, or settled in this one.
   */
  earlier_open_points: OpenPointEntry[];
  /**
   * The engineer's name.
   */
  engineer: string;
  /**
   * Its id.
   */
  id: VisitId;
  /**
   * Products in use at the customer.
   */
  installations: InstallationEntry[];
  /**
   * Whether it is the own engineer's.
   */
  mine: boolean;
  /**
   * Open points of this visit.
   */
  open_points: OpenPointEntry[];
  /**
   * The visit, and what belongs to it, as far as only a newer version reads it: it is neither changed nor signed here.
   */
  parked: Parked[];
  /**
   * Names of those above the customer, the highest first.
   */
  path: string[];
  /**
   * Problems.
   */
  problems: ProblemEntry[];
  /**
   * Questions.
   */
  questions: QuestionEntry[];
  /**
   * Sealed revisions, the latest first.
   */
  seals: SealRow[];
  /**
   * What may happen next.
   */
  steps: StepKind[];
  /**
   * Characters that will be printed as their numbers; of a sealed visit, none.
   */
  unprintable: Unprintable[];
  /**
   * The visit.
   */
  visit: Visit;
  /**
   * Changes of it or of what belongs to it wait for HQ.
   */
  waiting: boolean;
}

/**
 * A visit.
 */
export type VisitId = RecordId;

/**
 * What a visit is for.
 */
export type VisitKind =
  | 'fault'
  | 'installation'
  | 'upgrade'
  | 'data_processing'
  | 'training'
  | 'presales'
  | 'return_visit'
  | 'preventive';

/**
 * A page of visits.
 */
export interface VisitPage {
  /**
   * Which row of the whole list, from 0, the visit to find is; absent when it is not in the list.
   */
  found_at: number | null;
  /**
   * The page.
   */
  rows: VisitRow[];
  /**
   * How many there are.
   */
  total: number;
}

/**
 * A visit in a list.
 */
export interface VisitRow {
  /**
   * The appointment, or the arrival.
   */
  at: string | null;
  /**
   * Conflicts nobody has settled.
   */
  conflicts: number;
  /**
   * The customer's name; empty while the record has not come yet.
   */
  customer: string;
  /**
   * The customer.
   */
  customer_id: CustomerId | null;
  /**
   * The engineer's name.
   */
  engineer: string;
  /**
   * Its id.
   */
  id: VisitId;
  /**
   * What it is for.
   */
  kind: VisitKind;
  /**
   * Whether it is the own engineer's.
   */
  mine: boolean;
  /**
   * Number on the paper.
   */
  number: string | null;
  /**
   * Fields that only a newer version reads; what is shown for them is not so.
   */
  parked: string[];
  /**
   * Names of those above the customer, the highest first.
   */
  path: string[];
  /**
   * The planned day.
   */
  planned_on: string | null;
  /**
   * Where it stands.
   */
  state: State;
  /**
   * In one line.
   */
  subject: string;
  /**
   * Changes wait for HQ.
   */
  waiting: boolean;
}

/**
 * What a failed item asks for.
 */
export type WhenFailed = 'remark_or_photo' | 'remark' | 'photo' | 'nothing';

/**
 * Who a row may be the same as.
 */
export type With =
  | {
      /**
       * Its id.
       */
      id: string;
      kind: 'known';
    }
  | {
      kind: 'line';
      /**
       * That line, from 1.
       */
      line: number;
    };

export interface Commands {
  amendment_drop: {
    /**
     * Arguments of `amendment_drop`.
     */
    args: {
      /**
       * The visit.
       */
      id: VisitId;
    };
    result: VisitFile;
  };
  answer_set: {
    /**
     * Arguments of `answer_set`.
     */
    args: {
      /**
       * The item.
       */
      item: string;
      /**
       * The remark; left out, it stays.
       */
      remark?: string | null;
      /**
       * The template.
       */
      template: TemplateId;
      /**
       * The answer; `null` takes it back; left out, it stays.
       */
      value?: unknown;
      /**
       * The visit.
       */
      visit: VisitId;
    };
    result: AnswerSaved;
  };
  attachment_add: {
    /**
     * Arguments of `attachment_add`.
     */
    args: {
      /**
       * The problem it belongs to.
       */
      about?: RecordId | null;
      /**
       * What it shows.
       */
      caption: string;
      /**
       * The checklist item it belongs to.
       */
      item?: ItemOf | null;
      /**
       * File name.
       */
      name: string;
      /**
       * A photo, or any other file.
       */
      role: Role;
      /**
       * What to do with what a camera noted in a picture that comes as a file; left out, the person is asked.
       */
      traces?: Traces | null;
      /**
       * The uploaded bytes.
       */
      upload: string;
      /**
       * The visit.
       */
      visit: VisitId;
    };
    result: AttachmentEntry;
  };
  attachment_open: {
    /**
     * Arguments of `attachment_open`.
     */
    args: {
      /**
       * The attachment.
       */
      id: AttachmentId;
      /**
       * For a smaller picture, pixels of its longest side.
       */
      pixels_max?: number | null;
    };
    result: Opened;
  };
  attachment_save: {
    /**
     * Arguments of `attachment_save`.
     */
    args: {
      /**
       * The person was told what the file can do, and wants it.
       */
      confirmed?: boolean;
      /**
       * The attachment.
       */
      id: AttachmentId;
    };
    result: SavedFile;
  };
  bundle_export: {
    /**
     * Arguments of a command that takes none.
     */
    args: Record<string, never>;
    result: BundleFile;
  };
  bundle_import: {
    /**
     * Arguments of `bundle_import`.
     */
    args: {
      /**
       * HQ's answer, uploaded.
       */
      upload: string;
    };
    result: BundleAnswer;
  };
  checklist_add: {
    /**
     * Arguments of `checklist_add` and `checklist_remove`.
     */
    args: {
      /**
       * The template.
       */
      template: TemplateId;
      /**
       * The visit.
       */
      visit: VisitId;
    };
    result: VisitFile;
  };
  checklist_remove: {
    /**
     * Arguments of `checklist_add` and `checklist_remove`.
     */
    args: {
      /**
       * The template.
       */
      template: TemplateId;
      /**
       * The visit.
       */
      visit: VisitId;
    };
    result: VisitFile;
  };
  clock_accept: {
    /**
     * Arguments of a command that takes none.
     */
    args: Record<string, never>;
    result: ClockDoubt | null;
  };
  clock_state: {
    /**
     * Arguments of a command that takes none.
     */
    args: Record<string, never>;
    result: ClockDoubt | null;
  };
  conflict_list: {
    /**
     * Arguments of `conflict_list`.
     */
    args: {
      /**
       * A conflict to say the place of.
       */
      find?: RecordId | null;
      /**
       * Most rows; 200 at the most.
       */
      limit: number;
      /**
       * Rows to pass over.
       */
      offset: number;
      /**
       * Only those about this record.
       */
      record_id?: RecordId | null;
      /**
       * Which conflicts.
       */
      show: Show;
      /**
       * Only those about this visit or what belongs to it.
       */
      visit_id?: VisitId | null;
    };
    result: ConflictPage;
  };
  conflict_settle: {
    /**
     * Arguments of `conflict_settle`.
     */
    args: {
      /**
       * The side that is to stand.
       */
      choice: Choice2;
      /**
       * The conflict.
       */
      id: RecordId;
      /**
       * Why; at most 500 characters.
       */
      reason: string;
    };
    result: ConflictRow;
  };
  contact_move: {
    /**
     * Arguments of `contact_move`.
     */
    args: {
      /**
       * The contact.
       */
      id: ContactId;
      /**
       * First day there.
       */
      on: string;
      /**
       * Position there.
       */
      position: string;
      /**
       * The office they move to.
       */
      to: CustomerId;
    };
    result: ContactEntry;
  };
  customer_export: {
    /**
     * Arguments of `customer_export`.
     */
    args: {
      /**
       * What to write.
       */
      format: ExportFormat;
    };
    result: SavedFile;
  };
  customer_get: {
    /**
     * Arguments of `customer_get`.
     */
    args: {
      /**
       * The customer.
       */
      id: CustomerId;
    };
    result: CustomerFile;
  };
  customer_list: {
    /**
     * Arguments of `customer_list`.
     */
    args: {
      /**
       * A customer to say the place of.
       */
      find?: RecordId | null;
      /**
       * Only these levels; empty for all.
       */
      levels: Level[];
      /**
       * Most rows; 500 at the most.
       */
      limit: number;
      /**
       * Rows to pass over.
       */
      offset: number;
      /**
       * Only those right below this one.
       */
      parent_id?: CustomerId | null;
      /**
       * Name, pinyin, initials, number or phone; empty for all.
       */
      query: string;
      /**
       * Validity of the file.
       */
      validity: Validity;
    };
    result: CustomerPage;
  };
  customer_merge: {
    /**
     * Arguments of `customer_merge`.
     */
    args: {
      /**
       * The customer that is to go.
       */
      id: CustomerId;
      /**
       * The one that is to stand for it.
       */
      into: CustomerId;
    };
    result: CustomerFile;
  };
  customer_unmerge: {
    /**
     * Arguments of `customer_unmerge`.
     */
    args: {
      /**
       * The customer that was merged into another.
       */
      id: CustomerId;
    };
    result: CustomerFile;
  };
  engineers: {
    /**
     * Arguments of a command that takes none.
     */
    args: Record<string, never>;
    result: EngineerEntry[];
  };
  file_reveal: {
    /**
     * Arguments of `file_reveal`.
     */
    args: {
      /**
       * A file that was saved.
       */
      path: string;
    };
    result: null;
  };
  import_cancel: {
    /**
     * Arguments of `import_progress` and `import_cancel`.
     */
    args: {
      /**
       * The import.
       */
      import: string;
    };
    result: null;
  };
  import_check: {
    /**
     * Arguments of `import_check`.
     */
    args: {
      /**
       * The import.
       */
      import: string;
      /**
       * What the columns mean.
       */
      matching: Matching;
      /**
       * Whether hidden rows and columns are taken too; must be said where there are any.
       */
      with_hidden?: boolean | null;
    };
    result: ImportReview;
  };
  import_errors: {
    /**
     * Arguments of `import_errors`.
     */
    args: {
      /**
       * The heading of the column that says why.
       */
      heading: string;
      /**
       * The import.
       */
      import: string;
      /**
       * The sentence for each code, from the interface's catalogue.
       */
      sentences: {
        [k: string]: string;
      };
    };
    result: SavedFile;
  };
  import_open: {
    /**
     * Arguments of `import_open`.
     */
    args: {
      /**
       * Its name.
       */
      file_name: string;
      /**
       * The sheet to read of a workbook, by its name; without one, that which looks most like a customer list.
       */
      sheet?: string | null;
      /**
       * The uploaded file.
       */
      upload: string;
    };
    result: ImportPreview;
  };
  import_progress: {
    /**
     * Arguments of `import_progress` and `import_cancel`.
     */
    args: {
      /**
       * The import.
       */
      import: string;
    };
    result: ImportProgress;
  };
  import_run: {
    /**
     * Arguments of `import_run`.
     */
    args: {
      /**
       * Decisions on rows; a good row without one is new.
       */
      decisions: Decision[];
      /**
       * The import.
       */
      import: string;
    };
    result: ImportDone;
  };
  print_watch: {
    /**
     * Arguments of `print_watch`.
     */
    args: {
      /**
       * The job as the interface knows it.
       */
      known: Job;
      /**
       * The printer's address.
       */
      printer: string;
    };
    result: Job;
  };
  printers: {
    /**
     * Arguments of a command that takes none.
     */
    args: Record<string, never>;
    result: Printer[];
  };
  products: {
    /**
     * Arguments of a command that takes none.
     */
    args: Record<string, never>;
    result: ProductEntry[];
  };
  receipt_mail: {
    /**
     * Arguments of `receipt_mail`.
     */
    args: {
      /**
       * Its text.
       */
      body: string;
      /**
       * Language of the paper.
       */
      language: PaperLanguage;
      /**
       * A sealed revision; the latest when left out.
       */
      revision?: number | null;
      /**
       * Subject of the letter.
       */
      subject: string;
      /**
       * The customer's address; empty when it is not known.
       */
      to: string;
      /**
       * The visit.
       */
      visit: VisitId;
    };
    result: SavedFile;
  };
  receipt_open: {
    /**
     * Arguments of `receipt_open`.
     */
    args: {
      /**
       * Language of the paper.
       */
      language: PaperLanguage;
      /**
       * Marked as printed again (补打).
       */
      reprint: boolean;
      /**
       * A sealed revision; the latest, or the text before the customer, when left out.
       */
      revision?: number | null;
      /**
       * The visit.
       */
      visit: VisitId;
    };
    result: OpenReceipt;
  };
  receipt_print: {
    /**
     * Arguments of `receipt_print`.
     */
    args: {
      /**
       * 1 to 50.
       */
      copies: number;
      /**
       * Language of the paper.
       */
      language: PaperLanguage;
      /**
       * The printer's address.
       */
      printer: string;
      /**
       * Marked as printed again (补打).
       */
      reprint?: boolean;
      /**
       * A sealed revision; the latest, or the text before the customer, when left out.
       */
      revision?: number | null;
      /**
       * The visit.
       */
      visit: VisitId;
    };
    result: Job;
  };
  receipt_save: {
    /**
     * Arguments of `receipt_save`.
     */
    args: {
      /**
       * Language of the paper.
       */
      language: PaperLanguage;
      /**
       * A sealed revision; the latest when left out.
       */
      revision?: number | null;
      /**
       * The visit.
       */
      visit: VisitId;
    };
    result: SavedFile;
  };
  record_create: {
    /**
     * Arguments of `record_create`.
     */
    args: {
      /**
       * Its fields.
       */
      fields: {
        [k: string]: unknown;
      };
      /**
       * Kind of the record.
       */
      kind: Kind;
    };
    result: Created;
  };
  record_delete: {
    /**
     * Arguments of `record_delete`.
     */
    args: {
      /**
       * The record.
       */
      id: RecordId;
      /**
       * Kind of the record.
       */
      kind: Kind;
    };
    result: Saved;
  };
  record_set: {
    /**
     * Arguments of `record_set`.
     */
    args: {
      /**
       * New values; `null` clears.
       */
      fields: {
        [k: string]: unknown;
      };
      /**
       * The record.
       */
      id: RecordId;
      /**
       * Kind of the record.
       */
      kind: Kind;
    };
    result: Saved;
  };
  search: {
    /**
     * Arguments of `search`.
     */
    args: {
      /**
       * Most hits; 50 at the most.
       */
      limit: number;
      /**
       * Name, pinyin, initials, phone or number.
       */
      query: string;
    };
    result: Found;
  };
  section_as_expected: {
    /**
     * Arguments of `section_as_expected`.
     */
    args: {
      /**
       * The section's id.
       */
      section: string;
      /**
       * The template.
       */
      template: TemplateId;
      /**
       * The visit.
       */
      visit: VisitId;
    };
    result: SectionFilled;
  };
  session_create: {
    /**
     * Arguments of `session_create`.
     */
    args: {
      /**
       * A passphrase of at least eight characters; without one the keychain keeps the key.
       */
      passphrase?: string | null;
    };
    result: Session;
  };
  session_enrol: {
    /**
     * Arguments of `session_enrol`.
     */
    args: {
      /**
       * The code from HQ.
       */
      code: string;
      /**
       * What the laptop calls itself.
       */
      device_name: string;
    };
    result: Session;
  };
  session_recover: {
    /**
     * Arguments of `session_recover`.
     */
    args: {
      /**
       * The store's key as HQ gives it: 64 hexadecimal digits; blanks are ignored.
       */
      key: string;
      /**
       * A new passphrase of at least eight characters; without one the keychain keeps the key.
       */
      passphrase?: string | null;
    };
    result: Session;
  };
  session_restore: {
    /**
     * Arguments of a command that takes none.
     */
    args: Record<string, never>;
    result: StoreRestored;
  };
  session_state: {
    /**
     * Arguments of a command that takes none.
     */
    args: Record<string, never>;
    result: Session;
  };
  session_unlock: {
    /**
     * Arguments of `session_unlock`.
     */
    args: {
      /**
       * The passphrase.
       */
      passphrase: string;
    };
    result: Session;
  };
  settings_get: {
    /**
     * Arguments of a command that takes none.
     */
    args: Record<string, never>;
    result: Settings;
  };
  settings_set: {
    /**
     * Arguments of `settings_set`.
     */
    args: {
      /**
       * The settings.
       */
      settings: Settings;
    };
    result: Settings;
  };
  sync_cancel: {
    /**
     * Arguments of a command that takes none.
     */
    args: Record<string, never>;
    result: SyncState;
  };
  sync_history: {
    /**
     * Arguments of a command that takes none.
     */
    args: Record<string, never>;
    result: HistoryRow[];
  };
  sync_queue: {
    /**
     * Arguments of a command that takes none.
     */
    args: Record<string, never>;
    result: QueueRow[];
  };
  sync_start: {
    /**
     * Arguments of a command that takes none.
     */
    args: Record<string, never>;
    result: SyncState;
  };
  sync_state: {
    /**
     * Arguments of a command that takes none.
     */
    args: Record<string, never>;
    result: SyncState;
  };
  sync_watch: {
    /**
     * Arguments of `sync_watch`.
     */
    args: {
      /**
       * The revision that the interface has.
       */
      after: number;
    };
    result: SyncState;
  };
  templates: {
    /**
     * Arguments of a command that takes none.
     */
    args: Record<string, never>;
    result: TemplateEntry[];
  };
  today: {
    /**
     * Arguments of a command that takes none.
     */
    args: Record<string, never>;
    result: Today;
  };
  visit_get: {
    /**
     * Arguments of `visit_get`.
     */
    args: {
      /**
       * The visit.
       */
      id: VisitId;
    };
    result: VisitFile;
  };
  visit_list: {
    /**
     * Arguments of `visit_list`.
     */
    args: {
      /**
       * Only this customer's.
       */
      customer_id?: CustomerId | null;
      /**
       * Which visits.
       */
      filter: Filter;
      /**
       * A visit to say the place of.
       */
      find?: RecordId | null;
      /**
       * Most rows; 500 at the most.
       */
      limit: number;
      /**
       * Rows to pass over.
       */
      offset: number;
      /**
       * Customer, subject, notes or number; empty for all.
       */
      query: string;
    };
    result: VisitPage;
  };
  visit_plan: {
    /**
     * Arguments of `visit_plan`.
     */
    args: {
      /**
       * The customer.
       */
      customer_id: CustomerId;
      /**
       * The installation it concerns.
       */
      installation_id?: InstallationId | null;
      /**
       * What it is for.
       */
      kind: VisitKind;
      /**
       * The day it is planned for.
       */
      planned_on?: string | null;
      /**
       * In one line.
       */
      subject: string;
    };
    result: Planned;
  };
  visit_present: {
    /**
     * Arguments of `visit_present`.
     */
    args: {
      /**
       * The visit.
       */
      id: VisitId;
    };
    result: VisitFile;
  };
  visit_sign: {
    /**
     * Arguments of `visit_sign`.
     */
    args: {
      /**
       * The visit.
       */
      id: VisitId;
      /**
       * How satisfied they are, for HQ only.
       */
      opinion?: Opinion | null;
      /**
       * How they answered.
       */
      outcome: CustomerAnswer;
      /**
       * The hash of the text they read, as the visit's signing has it.
       */
      text_hash: string;
    };
    result: VisitFile;
  };
  visit_step: {
    /**
     * Arguments of `visit_step`.
     */
    args: {
      /**
       * The visit.
       */
      id: VisitId;
      /**
       * The step.
       */
      step: Step;
    };
    result: VisitFile;
  };
}
