/** What people call the fields of records. A field that this version does not know has no name here. */
import { type MessageKey, t } from '$shared/i18n/i18n.svelte';

const FIELDS: Record<string, Record<string, MessageKey>> = {
  customer: {
    name: 'customer.name',
    number: 'customer.number',
    level: 'customer.level',
    parent_id: 'customer.parent',
    region: 'customer.region',
    address: 'customer.address',
    postcode: 'customer.postcode',
    phone: 'customer.phone',
    file_valid_until: 'customer.fileValidUntil',
    key_account: 'customer.keyAccount',
    notes: 'customer.notes',
    merged_into: 'conflict.field.merged',
  },
  contact: {
    customer_id: 'conflict.field.unit',
    name: 'contact.name',
    mobile: 'contact.mobile',
    phone: 'contact.phone',
    email: 'contact.email',
    position: 'contact.position',
    posts: 'contact.posts',
    notes: 'contact.notes',
  },
  installation: {
    customer_id: 'conflict.field.unit',
    product_id: 'installation.product',
    product_name: 'installation.product',
    version: 'installation.version',
    dongle_number: 'installation.dongle',
    quota_edition: 'installation.quota',
    maintenance_until: 'installation.maintenance',
    database_kind: 'installation.database',
    machine_notes: 'installation.machine',
  },
  visit: {
    customer_id: 'record.customer',
    engineer_id: 'about.engineer',
    dispatched_to: 'conflict.field.dispatched',
    kind: 'visit.kind',
    subject: 'visit.subject',
    planned_on: 'visit.plannedOn',
    installation_id: 'visit.installation',
    product_id: 'visit.product',
    product_version: 'visit.version',
    charge: 'visit.charge',
    companions: 'visit.companions',
    appointment: 'step.appointmentAt',
    progress: 'visit.track',
    checklists: 'checklist.title',
    demonstrated: 'visit.demonstrated',
    handed_over: 'visit.handedOver',
    reservations: 'visit.reservations',
    internal_notes: 'visit.internalNotes',
    signing: 'conflict.field.signing',
    seal: 'record.seal',
    revision: 'conflict.field.revision',
    amendment_reason: 'step.reason.amend',
  },
  problem: {
    symptom: 'visit.problem.symptom',
    cause: 'visit.problem.cause',
    explanation: 'visit.problem.explanation',
    action: 'visit.problem.action',
    guidance: 'visit.problem.guidance',
    solved: 'visit.problem.solved',
  },
  question: { question: 'visit.question', answer: 'visit.answer' },
  open_point: {
    text: 'visit.openPoint',
    who: 'visit.openPointWho',
    due: 'visit.openPointDue',
    done_on: 'conflict.field.doneOn',
    done_visit_id: 'conflict.field.doneVisit',
  },
  attachment: { caption: 'attachment.caption', name: 'conflict.field.fileName' },
  answer: { value: 'conflict.field.answer', remark: 'checklist.remark' },
};

/** A field in words; those of a newer version have one name for all. */
export function fieldName(kind: string, field: string): string {
  if (field === 'deleted') return t('conflict.field.deleted');
  return t(FIELDS[kind]?.[field] ?? 'conflict.field.other');
}
