/**
 * The format of an incident file: the page of the web UI as one HTML file, with an export inside, packed with gzip and written
 * in base64. So nothing that stands in an event can be taken for markup, and whoever has the file can get the export out of it
 * to the byte.
 */
/** The id of the element that holds it. */
export const incidentElement = 'export';

/** What stands before the base64, and behind it. */
export const incidentOpening = `<script type="application/gzip" id="${incidentElement}">`;
export const incidentClosing = '</script>';

/** The id of the element that holds the worker which lays out graphs: a page in one file has no other file to start it from. */
export const layoutElement = 'layout';
