// How every chart looks; what it shows, and in which colours, is charts.js's.
const { animation, datasets, elements, interaction, plugins, scale } = window.Chart.defaults;

window.Chart.defaults.maintainAspectRatio = false;
if (matchMedia("(prefers-reduced-motion: reduce)").matches) window.Chart.defaults.animation = false;
else animation.duration = 250;
Object.assign(interaction, { mode: "index", intersect: false });
Object.assign(elements.point, { radius: 0, hitRadius: 12 });
elements.bar.borderRadius = 2;
datasets.bar.maxBarThickness = 40;
scale.ticks.maxRotation = 0;
plugins.legend.align = "start";
Object.assign(plugins.legend.labels, { usePointStyle: true, boxHeight: 9 });
plugins.tooltip.filter = ({ raw }) => raw !== null;
